/**
 * Rows by key: what is shown already is patched in place, what is new is made, what is gone goes.
 *
 * Owns the rule that a row is the same element for as long as its key is in the list, also while it moves from one container to another. Never asks
 * for data, and knows nothing of what a row shows.
 */

/**
 * A row: its element, how it takes a newer view, and how it lets go of what it holds.
 * @template T
 * @typedef {{ node: HTMLElement, update(view: T): void, close?(): void }} Row
 */

/** How long a row that is in no container is kept, in case the next answer puts it into another one. */
const LIMBO_MS = 2_000;

/**
 * @template T
 */
export class KeyedList {
  /** @type {Map<string, { row: Row<T>, home: HTMLElement | null }>} */
  #rows = new Map();
  /** @type {Map<HTMLElement, string[]>} */
  #shown = new Map();
  #key;
  #make;
  #sweeping = 0;

  /**
   * @param {(view: T) => string} key
   * @param {(view: T) => Row<T>} make
   */
  constructor(key, make) {
    this.#key = key;
    this.#make = make;
  }

  /** How many rows are in containers. */
  get size() {
    let size = 0;
    for (const keys of this.#shown.values()) size += keys.length;
    return size;
  }

  /**
   * Makes the rows of a container those of these views, in their order. A view whose row stands in another container moves it here.
   * @param {HTMLElement} container
   * @param {T[]} views
   * @param {number} [makesMax] so many new rows are made at most; the views from the next one on are left for another time
   * @returns {boolean} whether all of them are shown
   */
  show(container, views, makesMax = Infinity) {
    const keys = new Set(views.map(this.#key));
    for (const key of this.#shown.get(container) ?? []) {
      if (!keys.has(key)) this.#takeOut(key, container);
    }
    let place = container.firstElementChild;
    let made = 0;
    for (const view of views) {
      const key = this.#key(view);
      const held = this.#rows.get(key);
      if (!held && (made += 1) > makesMax) break;
      const entry = held ?? { row: this.#make(view), home: null };
      if (held) held.row.update(view);
      else this.#rows.set(key, entry);
      entry.home = container;
      if (entry.row.node === place) place = place.nextElementSibling;
      else put(entry.row.node, container, place);
    }
    this.#shown.set(container, [...keys].filter((key) => this.#rows.get(key)?.home === container));
    return made <= makesMax;
  }

  /**
   * Forgets a container, and closes what it shows.
   * @param {HTMLElement} container
   */
  drop(container) {
    for (const key of this.#shown.get(container) ?? []) {
      const entry = this.#rows.get(key);
      if (entry?.home === container) this.#end(key);
    }
    this.#shown.delete(container);
  }

  /** Closes all rows. */
  close() {
    clearTimeout(this.#sweeping);
    for (const key of [...this.#rows.keys()]) this.#end(key);
    this.#shown.clear();
  }

  /**
   * @param {string} key
   * @param {HTMLElement} container
   */
  #takeOut(key, container) {
    const entry = this.#rows.get(key);
    if (entry?.home !== container) return;
    leaveFocus(entry.row.node);
    entry.row.node.remove();
    entry.home = null;
    clearTimeout(this.#sweeping);
    this.#sweeping = setTimeout(() => this.#sweep(), LIMBO_MS);
  }

  #sweep() {
    for (const [key, { home }] of this.#rows) {
      if (!home) this.#end(key);
    }
  }

  /** @param {string} key */
  #end(key) {
    const entry = this.#rows.get(key);
    this.#rows.delete(key);
    entry?.row.node.remove();
    entry?.row.close?.();
  }
}

/**
 * Puts an element before another one. Whatever is focused inside stays focused.
 * @param {HTMLElement} node
 * @param {HTMLElement} container
 * @param {Element | null} before
 */
function put(node, container, before) {
  const moves = /** @type {{ moveBefore?: (node: Node, before: Node | null) => void }} */ (container);
  if (node.isConnected && moves.moveBefore) {
    moves.moveBefore(node, before);
    return;
  }
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  container.insertBefore(node, before);
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}

/**
 * Where what is focused goes, the keyboard stays near: at the next row, else the one before.
 * @param {HTMLElement} node
 */
function leaveFocus(node) {
  if (!node.contains(document.activeElement)) return;
  const near = node.nextElementSibling ?? node.previousElementSibling;
  if (near instanceof HTMLElement) near.focus({ preventScroll: true });
}
