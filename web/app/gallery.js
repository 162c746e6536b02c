/**
 * The gallery of `<sync-status>`: every state of the pill and of the panel, in light and dark.
 *
 * Owns what is shown where. The samples are `gallery/samples.js`; what moves is `gallery/simulation.js`.
 */
import { arabic } from "../package/messages/ar.js";
import { german } from "../package/messages/de.js";
import "../package/sync-status.js";
import { PANELS, PILLS, pillState } from "./gallery/samples.js";
import { Simulation } from "./gallery/simulation.js";

const SCHEMES = /** @type {const} */ (["light", "dark"]);
const LANGUAGES = [
  { messages: german, title: "Deutsch", pills: ["syncing", "offline-waiting", "failed"], panel: "failed" },
  { messages: arabic, title: "العربية", pills: ["syncing", "offline-waiting", "failed"], panel: "failed" },
];

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {(Node | string)[]} children
 */
function make(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/** @param {Partial<import("../package/sync-status.js").SyncStatus>} properties */
function status(properties) {
  return Object.assign(document.createElement("sync-status"), properties);
}

/**
 * The same in light and in dark.
 *
 * @param {string} sample Under this name the tests find it.
 * @param {() => Node[]} content
 */
function inBoth(sample, content) {
  return SCHEMES.map((scheme) => {
    const cell = make("div", `scheme ${scheme}`, ...content());
    cell.dataset.sample = `${sample}-${scheme}`;
    return cell;
  });
}

/** @param {typeof PANELS[number]} panel */
function panelOf(panel) {
  const shown = status({ state: panel.state, items: panel.items });
  shown.setAttribute("display", "panel");
  return shown;
}

function showPills() {
  for (const { name, title, about, state } of PILLS) {
    const words = make("div", "words", make("h3", "", title), make("p", "", about));
    byId("pills").append(make("div", "sample", words, ...inBoth(`pill-${name}`, () => [status({ state })])));
  }
}

function showPanels() {
  for (const panel of PANELS) {
    const both = inBoth(`panel-${panel.name}`, () => [panelOf(panel)]);
    byId("panels").append(make("div", "sample", make("h3", "", panel.title), ...both));
  }
}

function showLanguages() {
  for (const { messages, title, pills, panel } of LANGUAGES) {
    const heading = make("h3", "", title);
    heading.lang = messages.lang;
    const both = inBoth(`language-${messages.lang}`, () => {
      const row = make("div", "row", ...pills.map((name) => status({ state: pillState(name), messages })));
      row.dir = messages.dir;
      const found = PANELS.find(({ name }) => name === panel);
      return found ? [row, Object.assign(panelOf(found), { messages })] : [row];
    });
    byId("languages-shown").append(make("div", "sample", heading, ...both));
  }
}

function showOwnColours() {
  for (const own of ["sand", "grape", "square"]) {
    byId("own").append(make("div", own, status({ state: pillState("syncing") }), status({ state: pillState("failed") })));
  }
}

function makeItLive() {
  const simulation = new Simulation();
  const live = document.querySelector("sync-status");
  const online = byId("online");
  if (!live) {
    return;
  }
  live.client = simulation;
  simulation.state.addEventListener("change", () => {
    online.setAttribute("aria-pressed", String(!simulation.isOnline));
  });
  byId("write").addEventListener("click", () => simulation.write());
  byId("refuse").addEventListener("click", () => simulation.refuseNext());
  byId("more").addEventListener("click", () => live.openPanel());
  online.addEventListener("click", () => simulation.setOnline(!simulation.isOnline));
}

showPills();
showPanels();
showLanguages();
showOwnColours();
makeItLive();
