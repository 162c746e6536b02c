/**
 * What a screen reader hears of the queue: that its kind has changed, and that a run has ended.
 *
 * Owns the polite live region and its restraint: a kind is told only once it has lasted, so that a like that is sent in a moment says nothing, and no
 * count is ever told. The first state is no change.
 */
import { element } from "./dom.js";
import { say } from "./say.js";

/** @typedef {import("./shapes.js").SyncStateShape} SyncStateShape */
/** @typedef {import("./shapes.js").Messages} Messages */

/** For so long a kind must have lasted. */
const LASTING_MS = 1_000;

export class Announcer {
  /** @type {HTMLElement} */
  element = element("div", { class: "said", role: "status", "aria-live": "polite", "aria-atomic": "true" });

  /** What stands; `null` before the first state. @type {string | null} */
  #told = null;
  #timer = 0;

  /**
   * @param {SyncStateShape} state
   * @param {Messages} messages
   */
  update(state, messages) {
    const standing = whatStands(state);
    clearTimeout(this.#timer);
    if (this.#told === null) {
      this.#told = standing;
    }
    if (standing === this.#told) {
      return;
    }
    this.#timer = window.setTimeout(() => {
      const text = say(messages, what(standing, this.#told));
      this.#told = standing;
      this.element.textContent = text;
    }, LASTING_MS);
  }

  /** Says nothing more of what was before. */
  stop() {
    clearTimeout(this.#timer);
    this.#told = null;
    this.element.textContent = "";
  }
}

/**
 * The name of what is told: the kind, but for the stops that ask for something else than a retry.
 *
 * @param {SyncStateShape} state
 */
function whatStands(state) {
  const isStop = state.kind === "error" && (state.cause === "sign_in" || state.cause === "server_restored");
  return isStop ? String(state.cause) : state.kind;
}

/**
 * @param {string} standing
 * @param {string | null} before
 */
function what(standing, before) {
  switch (standing) {
    case "syncing":
      return "said_syncing";
    case "offline":
      return "said_offline";
    case "idle":
      return before === "offline" ? "said_online" : "said_arrived";
    case "sign_in":
      return "said_sign_in";
    case "server_restored":
      return "said_server_restored";
    default:
      return "said_failed";
  }
}
