/** The states of the queue. Owns the one of now, and who hears of the next. */

/** Nothing waits. @type {import("./types/index.js").SyncState} */
export const IDLE = {
  kind: "idle",
  pending: 0,
  in_flight: 0,
  failed: 0,
  blocked: 0,
  progress: { done: 0, total: 0 },
  bytes: { done: 0, total: 0 },
  cause: null,
  message: null,
  next_attempt_in_ms: null,
};

export class States extends EventTarget {
  current = IDLE;

  /** @param {import("./types/index.js").SyncState} state */
  show(state) {
    this.current = state;
    this.dispatchEvent(new CustomEvent("change", { detail: state }));
  }

  reset() {
    this.show(IDLE);
  }

  async *[Symbol.asyncIterator]() {
    let shown;
    for (;;) {
      if (this.current === shown) await new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
      shown = this.current;
      yield shown;
    }
  }
}
