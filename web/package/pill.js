/**
 * The pill: the state of the queue in a few words, an icon, a tone, and what a tap on it does.
 *
 * The same function as `crates/engine/src/pill.rs`, for pages without wasm: `pill-cases.json` holds both to one table. Whoever changes one changes the
 * other, and no rule is here that is not there. Never draws anything.
 */
import { english } from "./messages/en.js";
import { say } from "./status/say.js";

/** @typedef {import("./status/shapes.js").SyncStateShape} SyncStateShape */
/** @typedef {import("./status/shapes.js").Pill} Pill */
/** @typedef {import("./status/shapes.js").Messages} Messages */

/**
 * The pill of a state.
 *
 * @param {SyncStateShape} state
 * @param {Messages} [messages] English where left out.
 * @returns {Pill}
 */
export function pill(state, messages = english) {
  const drawn = draw(state);
  return { ...drawn, text: say(messages, drawn.label, { count: drawn.count }) };
}

/**
 * @param {SyncStateShape} state
 * @returns {Omit<Pill, "text">}
 */
function draw(state) {
  switch (state.kind) {
    case "syncing":
      return {
        icon: "progress",
        label: "syncing",
        count: state.pending,
        tone: "primary",
        progress: fraction(state.progress),
        action: "none",
      };
    case "offline":
      return {
        icon: "cloud_off",
        label: state.pending === 0 ? "offline" : "offline_waiting",
        count: state.pending,
        tone: "offline",
        progress: null,
        action: "none",
      };
    case "error":
      return { icon: "error_outline", ...stop(state.cause), count: 0, tone: "error", progress: null };
    default:
      return { icon: "none", label: "nothing", count: 0, tone: "quiet", progress: null, action: "none" };
  }
}

/**
 * A retry would be in vain where all of it is stopped: what would help is said and done instead.
 *
 * @param {SyncStateShape["cause"]} cause
 * @returns {Pick<Pill, "label" | "action">}
 */
function stop(cause) {
  switch (cause) {
    case "sign_in":
      return { label: "sign_in", action: "sign_in" };
    case "server_restored":
      return { label: "server_restored", action: "accept_server" };
    default:
      return { label: "failed", action: "retry" };
  }
}

/**
 * From 0 to 1; `null` where there is nothing to do.
 *
 * @param {import("./status/shapes.js").ProgressShape} progress
 */
function fraction(progress) {
  return progress.total > 0 ? progress.done / progress.total : null;
}
