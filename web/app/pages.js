/**
 * A long list by pages, of which only those near the screen are live.
 *
 * Owns which pages are asked for, which are filled, and how they are chained: each begins where the one before ends, so nothing is shown twice or
 * left out while rows come and go above. Never holds more than a few pages of rows, however long the list is. Never reads from the server: see
 * `ServerPages`.
 */
import { el } from "./dom.js";
import { follow } from "./follow.js";

/** Pages on each side of the live ones that keep their rows; further ones keep their height only. */
const KEPT_PAGES = 2;
/** New rows that are made without a pause: more would be felt on a slow device. */
const MADE_AT_ONCE = 10;
/** So far from the screen a page is live already. */
const NEAR = "800px 0px";

/**
 * @template T
 * @typedef {import("../package/index.js").Live<T>} Live
 */

/**
 * @template T
 * @typedef {{ rows: T[], next: string | null }} Listed
 */

/**
 * @template T
 * @typedef {object} Page
 * @property {number} index
 * @property {HTMLElement} element
 * @property {string | null} after
 * @property {string | null | undefined} next
 * @property {(() => void) | null} leave ends its live query
 * @property {boolean} near near the screen
 * @property {boolean} filled has rows
 * @property {T[]} rows what it is to show
 * @property {number} filling the timer of the next rows
 */

/**
 * @template T
 */
export class PagedList {
  /** @type {Page<T>[]} */
  #pages = [];
  /** @type {Map<Element, Page<T>>} */
  #byElement = new Map();
  #closed = false;

  /**
   * @param {object} options
   * @param {HTMLElement} options.container
   * @param {import("./list.js").KeyedList<T>} options.list
   * @param {(after: string | null, hear: (listed: Listed<T>) => void) => () => void} options.ask asks for a page, live; gives what ends it
   * @param {boolean} [options.upwards] later pages stand above earlier ones, and the rows of each in turned order
   * @param {(index: number, isLast: boolean) => void} [options.reached] a page is near the screen
   * @param {() => void} [options.shown] rows were shown
   */
  constructor(options) {
    this.options = options;
    this.observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: NEAR });
    this.#append(null);
  }

  close() {
    this.#closed = true;
    this.observer.disconnect();
    for (const page of this.#pages) this.#leave(page);
    this.options.list.close();
  }

  /** @param {string | null} after */
  #append(after) {
    const element = el("div", { class: "page" });
    /** @type {Page<T>} */
    const page = { index: this.#pages.length, element, after, next: undefined, leave: null, near: this.#pages.length === 0, filled: false, rows: [], filling: 0 };
    this.#pages.push(page);
    this.#byElement.set(element, page);
    if (this.options.upwards) this.options.container.prepend(element);
    else this.options.container.append(element);
    this.observer.observe(element);
    // The first page is wanted at once: the observer speaks only after the next frame.
    if (page.index === 0) this.#open(page);
  }

  /** @param {Page<T>} page */
  #open(page) {
    page.leave = this.options.ask(page.after, (listed) => {
      if (!this.#closed) this.#take(page, listed);
    });
  }

  /** @param {Page<T>} page */
  #leave(page) {
    page.leave?.();
    page.leave = null;
    clearTimeout(page.filling);
    page.filling = 0;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const page = this.#byElement.get(target);
      if (!page) continue;
      page.near = isIntersecting;
      if (page.near && !page.leave) this.#open(page);
      if (!page.near) this.#leave(page);
      if (page.near) this.options.reached?.(page.index, page.next === null);
    }
    this.#unload();
  }

  /** Pages far from the live ones become empty boxes of the same height. */
  #unload() {
    const near = this.#pages.filter((page) => page.near).map((page) => page.index);
    if (near.length === 0) return;
    const [first, last] = [Math.min(...near), Math.max(...near)];
    for (const page of this.#pages) {
      const isFar = page.index < first - KEPT_PAGES || page.index > last + KEPT_PAGES;
      if (page.filled && isFar) {
        page.element.style.blockSize = `${page.element.offsetHeight}px`;
        this.options.list.drop(page.element);
        page.filled = false;
      }
    }
  }

  /**
   * @param {Page<T>} page
   * @param {Listed<T>} listed
   */
  #take(page, listed) {
    page.rows = this.options.upwards ? [...listed.rows].reverse() : listed.rows;
    if (!page.filling) this.#fill(page);
    page.next = listed.next;
    this.#chain(page, listed.next);
    const isLast = page === this.#pages.at(-1);
    if (isLast && page.near) this.options.reached?.(page.index, true);
  }

  /**
   * Shows its rows, some at a time. The box keeps the height that it was left with until all of them are there.
   * @param {Page<T>} page
   */
  #fill(page) {
    // Upwards the newest stand last, and all of them are there at once: messages are light.
    const isWhole = this.options.list.show(page.element, page.rows, this.options.upwards ? Infinity : MADE_AT_ONCE);
    page.filled = true;
    page.filling = isWhole ? 0 : window.setTimeout(() => this.#fill(page));
    if (isWhole) page.element.style.blockSize = "";
    // One that is only kept was asked for once, to be chained anew.
    if (isWhole && !page.near) this.#leave(page);
    this.options.shown?.();
  }

  /**
   * Sees to it that the next page begins where this one ends.
   * @param {Page<T>} page
   * @param {string | null} next
   */
  #chain(page, next) {
    const following = this.#pages[page.index + 1];
    if (next === null) {
      this.#cut(page.index + 1);
    } else if (!following) {
      this.#append(next);
    } else if (following.after !== next) {
      following.after = next;
      if (following.leave || following.filled) {
        this.#leave(following);
        this.#open(following);
      }
    }
  }

  /**
   * Takes away the pages from this one on: the list has become shorter.
   * @param {number} from
   */
  #cut(from) {
    for (const page of this.#pages.splice(from)) {
      this.#leave(page);
      this.observer.unobserve(page.element);
      this.options.list.drop(page.element);
      this.#byElement.delete(page.element);
      page.element.remove();
    }
  }
}

/**
 * Asks with a live query of the client's.
 * @template R, T
 * @param {(after: string | null) => Live<R>} live
 * @param {(result: R) => Listed<T>} listed
 * @returns {(after: string | null, hear: (listed: Listed<T>) => void) => () => void}
 */
export function asking(live, listed) {
  return (after, hear) => follow(live(after), (result) => hear(listed(result)));
}

/**
 * The server's pages, read one after another as deep as somebody has scrolled: what is on this device may have gaps, and this closes them.
 */
export class ServerPages {
  /** @type {string | null | undefined} */
  #next = undefined;
  #pages = 0;
  #wanted = 0;
  #reading = false;
  #closed = false;

  /**
   * @param {(cursor: string | null) => Promise<{ next: string | null }>} read
   * @param {(state: "reading" | "more" | "end" | "unread", error?: unknown) => void} said
   */
  constructor(read, said) {
    this.read = read;
    this.said = said;
  }

  /**
   * Reads until so many pages were read.
   * @param {number} pages
   */
  async reach(pages) {
    this.#wanted = Math.max(this.#wanted, pages);
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#pages < this.#wanted && this.#next !== null && !this.#closed) {
        this.said("reading");
        const { next } = await this.read(this.#next ?? null);
        this.#next = next;
        this.#pages += 1;
      }
      if (!this.#closed) this.said(this.#next === null ? "end" : "more");
    } catch (error) {
      if (!this.#closed) this.said("unread", error);
    } finally {
      this.#reading = false;
    }
  }

  /** One page more than was read so far. */
  more() {
    return this.reach(this.#pages + 1);
  }

  /** What is new at the beginning, quietly: where it cannot be read now, it will be later. */
  async freshen() {
    if (!this.#reading) await this.read(null).catch(() => undefined);
  }

  /** From the beginning again, as much may have come meanwhile; deeper pages follow as somebody scrolls. */
  async again() {
    if (this.#reading) return;
    this.#next = undefined;
    this.#pages = 0;
    this.#wanted = 1;
    await this.reach(1);
  }

  close() {
    this.#closed = true;
  }
}
