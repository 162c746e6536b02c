/**
 * One list of the panel: a heading with a count, and rows that keep their identity from state to state.
 *
 * Owns which rows are there and in which order, and where focus goes when its row goes away. Never looks into a row.
 */
import { element, setText } from "./dom.js";
import { Row } from "./row.js";
import { say } from "./say.js";

/** @typedef {import("./shapes.js").ItemShape} ItemShape */
/** @typedef {import("./row.js").Context} Context */

/** More rows than this are counted, not drawn: nobody reads them, and a queue may hold a hundred thousand. */
const ROWS_MAX = 50;

export class List {
  /** @type {HTMLElement} */
  element;
  /** For a button beside the heading. */
  head = element("div", { class: "list-head" });

  #key;
  #heading = element("h3");
  #rows = element("ul", { class: "rows" });
  #more = element("p", { class: "rows-more" });
  /** @type {Map<string, Row>} */
  #known = new Map();
  #onFocusLost;

  /**
   * @param {string} key The name of its heading.
   * @param {() => void} onFocusLost Called when the row that had focus is gone, and no other is left to take it.
   */
  constructor(key, onFocusLost) {
    this.#key = key;
    this.#onFocusLost = onFocusLost;
    this.#heading.id = key;
    this.#rows.setAttribute("aria-labelledby", key);
    this.head.append(this.#heading);
    this.element = element("div", { class: `list ${key}` }, this.head, this.#rows, this.#more);
  }

  /**
   * @param {readonly ItemShape[]} items
   * @param {number} count How many there are, which may be more than are known.
   * @param {Context} context
   */
  update(items, count, context) {
    const shown = items.slice(0, ROWS_MAX);
    this.element.hidden = count === 0 && shown.length === 0;
    setText(this.#heading, say(context.messages, this.#key, { count: Math.max(count, shown.length) }));
    const more = shown.length === 0 ? 0 : Math.max(count, items.length) - shown.length;
    this.#more.hidden = more <= 0;
    setText(this.#more, more > 0 ? say(context.messages, "more", { count: more }) : "");
    const lost = this.#removeGone(new Set(shown.map((item) => item.mutation)));
    /** @type {Element | null} */
    let before = null;
    for (const item of shown) {
      const row = this.#row(item, context);
      /** @type {Element | null} */
      const place = before === null ? this.#rows.firstElementChild : before.nextElementSibling;
      if (row.element !== place) {
        this.#rows.insertBefore(row.element, place);
      }
      before = row.element;
    }
    if (lost !== null) {
      this.#focusNear(lost, shown);
    }
  }

  /**
   * @param {ItemShape} item
   * @param {Context} context
   */
  #row(item, context) {
    const known = this.#known.get(item.mutation);
    if (known) {
      known.update(item, context);
      return known;
    }
    const made = new Row(item, context);
    this.#known.set(item.mutation, made);
    return made;
  }

  /**
   * Gives the place of the row that had focus, where it is gone.
   *
   * @param {Set<string>} staying
   * @returns {number | null}
   */
  #removeGone(staying) {
    let lost = null;
    for (const [mutation, row] of [...this.#known]) {
      if (staying.has(mutation)) {
        continue;
      }
      if (row.element.matches(":focus-within")) {
        lost = [...this.#rows.children].indexOf(row.element);
      }
      row.element.remove();
      this.#known.delete(mutation);
    }
    return lost;
  }

  /**
   * @param {number} place
   * @param {readonly ItemShape[]} shown
   */
  #focusNear(place, shown) {
    const next = shown[Math.min(place, shown.length - 1)];
    if (next) {
      this.#known.get(next.mutation)?.focus();
    } else {
      this.#onFocusLost();
    }
  }
}
