/** A query that is answered anew when what it asks for may have changed. Owns when it is asked; several changes at once are one question. */
export class Live {
  /** @type {any} */
  current = undefined;
  #listeners = new Set();
  #isAsking = false;
  #isStale = false;
  #isClosed = false;

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
    try {
      while (this.#isStale && !this.#isClosed) {
        this.#isStale = false;
        const result = await this.ask();
        if (this.#isClosed) return;
        this.current = result;
        for (const listener of this.#listeners) listener(result);
      }
    } catch {
      // Nobody is signed in, or this tab must be reloaded: that is told elsewhere.
    } finally {
      this.#isAsking = false;
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
        if (queue.length === 0) await new Promise((resolve) => (wake = () => resolve(undefined)));
        yield* queue.splice(0);
      }
    } finally {
      end();
    }
  }
}
