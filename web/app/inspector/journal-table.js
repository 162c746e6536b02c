/**
 * The journal: what became of the last writes.
 *
 * Owns the rows. Never asks for them.
 */
import { attribute, el, say, show } from "../dom.js";
import { KeyedList } from "../list.js";
import { outcomeWords, short } from "./words.js";

/** @typedef {import("../../package/index.js").JournalEntry} Entry */

/** As many as are looked at. */
const SHOWN_MAX = 100;
const clock = new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "medium" });

export function journalTable() {
  const body = el("tbody");
  /** One mutation may have several lines: it was parked, then tried again. */
  const list = new KeyedList((/** @type {Entry} */ entry) => `${entry.at} ${entry.mutation} ${entry.outcome.outcome}`, row);
  const head = ["When", "What", "About", "Verdict"].map((words) => el("th", { scope: "col" }, words));
  const table = el("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Lines of the journal", hidden: true }, el("table", null, el("thead", null, el("tr", null, ...head)), body));
  const nothing = el("p", { class: "empty" }, "Nothing has happened yet.");
  return {
    node: el("div", null, nothing, table),
    /** @param {Entry[]} entries */
    update: (entries) => {
      show(table, entries.length > 0);
      show(nothing, entries.length === 0);
      list.show(body, entries.slice(0, SHOWN_MAX));
    },
    close: () => list.close(),
  };
}

/** @param {Entry} entry */
function row(entry) {
  const verdict = el("span", { class: "state" });
  attribute(verdict, "data-outcome", entry.outcome.outcome);
  say(verdict, outcomeWords(entry.outcome));
  const when = el("time", { datetime: new Date(entry.at).toISOString() }, clock.format(entry.at));
  const node = el("tr", null, el("td", null, when), el("th", { scope: "row" }, entry.name), el("td", null, `${entry.entity.kind} ${short(entry.entity.id)}`), el("td", null, verdict));
  // A line of the journal never changes.
  return { node, update: () => undefined };
}
