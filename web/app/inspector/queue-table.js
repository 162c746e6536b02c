/**
 * The queue as a table: each item with its state, its attempts, why it is parked, what it waits for, and the clock of its next attempt.
 *
 * Owns the rows and the clocks, which count down from when an attempt's time was first read. Never asks for them.
 */
import { attribute, el, say, show } from "../dom.js";
import { KeyedList } from "../list.js";
import { countdown, sentence } from "../words.js";
import { aboutWords, STATE_WORDS, short } from "./words.js";

/** @typedef {import("../../package/index.js").Item} Item */

const TICK_MS = 250;

export function queueTable() {
  /** When the items were read, by the clock that only rises. */
  let readAt = 0;
  /** @type {Set<() => void>} */
  const clocks = new Set();
  const body = el("tbody");
  const list = new KeyedList((/** @type {Item} */ item) => item.mutation, (item) => row(item, clocks, () => readAt));
  const head = ["Place", "What", "About", "State", "Attempts", "Next in", "Waits for"].map((words) => el("th", { scope: "col" }, words));
  const node = el("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Items of the queue", hidden: true }, el("table", null, el("thead", null, el("tr", null, ...head)), body));
  const timer = setInterval(() => clocks.forEach((tick) => tick()), TICK_MS);
  return {
    node,
    /**
     * @param {Item[]} items
     * @param {number} at
     */
    update: (items, at) => {
      readAt = at;
      show(node, items.length > 0);
      list.show(body, items);
    },
    close: () => {
      clearInterval(timer);
      list.close();
    },
  };
}

/**
 * @param {Item} first
 * @param {Set<() => void>} clocks
 * @param {() => number} readAt
 */
function row(first, clocks, readAt) {
  let item = first;
  // What is read again may be as of the same moment as before: then the clock runs on.
  let since = readAt();
  const cells = { place: el("td"), what: el("th", { scope: "row" }), about: el("td"), state: el("td"), attempts: el("td"), next: el("td"), waits: el("td") };
  const why = el("p", { class: "why" });
  const state = el("span", { class: "state" });
  cells.state.append(state, why);
  const node = el("tr", { "data-id": item.mutation }, ...Object.values(cells));

  const tick = () => {
    const isTimed = item.state === "ready" || item.state === "waiting";
    const left = item.due_in_ms - (performance.now() - since);
    say(cells.next, isTimed && item.due_in_ms > 0 ? (left > 0 ? countdown(left) : "now") : "–");
  };
  /** @param {Item} next */
  const update = (next) => {
    if (next.due_in_ms !== item.due_in_ms || next.attempts !== item.attempts) since = readAt();
    item = next;
    say(cells.place, String(item.place));
    say(cells.what, item.name);
    say(cells.about, aboutWords(item));
    attribute(state, "class", `state state-${item.state}`);
    say(state, STATE_WORDS[item.state]);
    show(why, item.parked !== null);
    say(why, item.parked ? `${item.parked.reason}. ${sentence(item.parked.detail)}` : "");
    say(cells.attempts, String(item.attempts));
    say(cells.waits, item.waits_for.map(short).join(", ") || "–");
    attribute(node, "data-state", item.state);
    tick();
  };
  update(first);
  clocks.add(tick);
  return { node, update, close: () => void clocks.delete(tick) };
}
