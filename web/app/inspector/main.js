/**
 * The inspector: everything that is known about the queue, live.
 *
 * Owns when it is asked for: after each change of the state, and every few seconds; never while the page is hidden. Never changes anything, except by
 * the switches that somebody presses.
 */
import { openClient } from "../../package/index.js";
import "../../package/sync-status.js";
import { el, say, show } from "../dom.js";
import { brandMark } from "../icons.js";
import { cannotOpen } from "../screens/cannot-open.js";
import { plainPage } from "../screens/plain.js";
import { stoppedScreen } from "../screens/stopped.js";
import { whatWentWrong } from "../words.js";
import { controls } from "./controls.js";
import { drawing } from "./drawing.js";
import { facts } from "./facts.js";
import { journalTable } from "./journal-table.js";
import { queueTable } from "./queue-table.js";

/** @typedef {import("../../package/index.js").Client} Client */

// For `check.js`: this browser can read what is served.
document.documentElement.dataset.runs = "";

/** After a change, further ones are waited for so long. */
const SETTLE_MS = 150;
/** What no change of the state tells of, such as the lease, is looked at so often. */
const LOOK_EVERY_MS = 3_000;

const place = /** @type {HTMLElement} */ (document.getElementById("app"));

openClient()
  .then(begin)
  .catch((error) => place.replaceChildren(cannotOpen(error)));

/** @param {Client} client */
function begin(client) {
  let close = () => {};
  let whose = "";
  const update = () => {
    const key = client.role === "stopped" ? "stopped" : (client.account?.id ?? "nobody");
    if (key === whose) return;
    whose = key;
    close();
    close = () => {};
    if (client.role === "stopped") place.replaceChildren(stoppedScreen(client));
    else if (!client.account) place.replaceChildren(plainPage("Nobody is signed in", ["There is nothing to inspect before somebody is."], el("a", { class: "button primary", href: "/" }, "Sign in")));
    else close = inspect(client);
  };
  client.addEventListener("account", update);
  client.addEventListener("role", update);
  update();
}

/**
 * @param {Client} client
 * @returns {() => void} ends it
 */
function inspect(client) {
  const switches = controls(client);
  const picture = drawing();
  const queue = queueTable();
  const journal = journalTable();
  const known = facts(client);
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const status = /** @type {HTMLElement & { client?: unknown }} */ (document.createElement("sync-status"));
  status.client = client;
  place.replaceChildren(
    el("header", { class: "bar" }, el("a", { class: "brand", href: "/", "aria-label": "Outrigger, back to the app" }, brandMark(), el("span", { class: "brand-name" }, "Outrigger")), status),
    el(
      "main",
      { class: "inspector" },
      el("div", { class: "inspector-head" }, el("h1", null, "Inspector"), switches.node),
      wrong,
      section("Queue", picture.node, queue.node),
      section("Storage and leader", known.node),
      section("Journal", journal.node),
    ),
  );

  async function look() {
    if (document.visibilityState !== "visible") return;
    try {
      const [items, entries, inspected] = await Promise.all([client.items(), client.journal(), client.query({ query: "inspect" })]);
      const at = performance.now();
      picture.update(items, inspected.rows);
      queue.update(items, at);
      journal.update(entries);
      known.update(inspected);
      switches.update();
      show(wrong, false);
    } catch (error) {
      say(wrong, whatWentWrong(error));
      show(wrong, true);
    }
  }

  let settling = 0;
  const soon = () => {
    settling ||= window.setTimeout(() => {
      settling = 0;
      void look();
    }, SETTLE_MS);
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  client.state.addEventListener("change", soon);
  client.addEventListener("role", soon);
  client.addEventListener("storage", soon);
  document.addEventListener("visibilitychange", soon);
  void look();
  return () => {
    clearInterval(timer);
    clearTimeout(settling);
    client.state.removeEventListener("change", soon);
    client.removeEventListener("role", soon);
    client.removeEventListener("storage", soon);
    document.removeEventListener("visibilitychange", soon);
    queue.close();
    journal.close();
  };
}

/**
 * @param {string} title
 * @param {...Node} content
 */
function section(title, ...content) {
  const id = `section-${title.toLowerCase().replaceAll(" ", "-")}`;
  return el("section", { class: "inspected", "aria-labelledby": id }, el("h2", { id }, title), ...content);
}
