/** A query that is answered anew when what it asks for may have changed. Owns when it is asked; several changes at once are one question. */
export class Live {
  /** @type {any} */
  current = undefined;
  #listeners = new Set();
  #isAsking = false;
  #isStale = false;
  #isClosed = false;
  /** Iterators that wait for what is next. @type {Set<() => void>} */
  #waiting = new Set();

  /** @param {() => Promise<any>} ask @param {(live: Live) => void} closed */
  constructor(ask, closed) {
    this.ask = ask;
    this.closed = closed;
    this.refresh();
  }

  async refresh() {
    this.#isStale = true;
    if (this.#isAsking || this.#isClosed) return;
    this.#isAsking = true;
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      try {
        this.#show(await this.ask());
      } catch {
        // Nobody is signed in, or this tab must be reloaded: that is told elsewhere.
      }
    }
    this.#isAsking = false;
  }

  /** @param {any} result */
  #show(result) {
    if (this.#isClosed) return;
    this.current = result;
    for (const listener of this.#listeners) {
      try {
        listener(result);
      } catch (error) {
        // One that fails is no reason not to tell the others.
        reportError(error);
      }
    }
  }

  /** @param {(result: any) => void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
    if (this.current !== undefined) listener(this.current);
    return () => this.#listeners.delete(listener);
  }

  close() {
    this.#isClosed = true;
    this.#listeners.clear();
    for (const wake of this.#waiting) wake();
    this.closed(this);
  }

  async *[Symbol.asyncIterator]() {
    /** @type {any[]} */
    let queue = [];
    let wake = () => {};
    const end = this.subscribe((result) => {
      queue = [result];
      wake();
    });
    try {
      while (!this.#isClosed) {
        if (queue.length === 0) await new Promise((resolve) => this.#waiting.add((wake = () => resolve(undefined))));
        this.#waiting.delete(wake);
        yield* queue.splice(0);
      }
    } finally {
      end();
    }
  }
}
