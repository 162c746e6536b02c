/**
 * Counting down to the next attempt.
 *
 * Owns one timer, which runs only while somebody looks. Never decides when an attempt is: the state says how long from now.
 */

export class Countdown {
  /** By the page's monotonic clock; `null` where no attempt is due. @type {number | null} */
  #due = null;
  #timer = 0;
  #isRunning = false;
  /** @type {(remainingMs: number | null) => void} */
  #show;

  /** @param {(remainingMs: number | null) => void} show Called whenever what is to be shown has changed. */
  constructor(show) {
    this.#show = show;
  }

  /** @param {number | null} due By the page's monotonic clock. */
  set(due) {
    this.#due = due;
    this.#tick();
  }

  /** @param {boolean} isRunning */
  run(isRunning) {
    this.#isRunning = isRunning;
    this.#tick();
  }

  #tick() {
    clearTimeout(this.#timer);
    const remaining = this.#due === null ? null : Math.max(0, this.#due - performance.now());
    this.#show(remaining);
    if (this.#isRunning && remaining !== null && remaining > 0) {
      // To where the second turns, so that none is shown for two.
      this.#timer = window.setTimeout(() => this.#tick(), remaining % 1000 || 1000);
    }
  }
}
