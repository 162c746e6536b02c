/**
 * What this app says about states, failures, times and numbers.
 *
 * Owns words only. Never decides what happens.
 *
 * @typedef {import("../package/index.js").EntityStatus} EntityStatus
 * @typedef {import("../package/index.js").Parked} Parked
 */

const numbers = new Intl.NumberFormat("en");
const dayAndTime = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" });
const sameYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const otherYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

/**
 * A count with its thing, as `1 comment`, `2 comments`.
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${numbers.format(count)} ${count === 1 ? one : many}`;
}

/** @param {number} count */
export function number(count) {
  return numbers.format(count);
}

/** @param {number} size */
export function bytes(size) {
  if (size < 1024) return `${size} B`;
  if (size < 1024 * 1024) return `${(size / 1024).toFixed(0)} KB`;
  return `${(size / 1024 / 1024).toFixed(1)} MB`;
}

/**
 * How long ago, as short as people say it.
 * @param {number} at milliseconds since 1970
 * @param {number} [now]
 */
export function ago(at, now = Date.now()) {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 7 * 24 * 60) return `${Math.floor(minutes / 60 / 24)} d`;
  const date = new Date(at);
  return (date.getFullYear() === new Date(now).getFullYear() ? sameYear : otherYear).format(date);
}

/** @param {number} at milliseconds since 1970 */
export function exactTime(at) {
  return dayAndTime.format(new Date(at));
}

/** @param {number} ms */
export function countdown(ms) {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @param {string} name */
export function shownName(name) {
  return name === "" ? "Someone" : name;
}

/**
 * Where something stands, in a few words.
 * @param {EntityStatus} status
 */
export function standing(status) {
  switch (status.status) {
    case "synced":
      return "Sent";
    case "pending":
      return status.attempts === 0 ? "Waiting to be sent" : `Waiting to be sent, tried ${counted(status.attempts, "time")}`;
    case "syncing":
      return "Being sent";
    case "failed":
      return "Not sent";
  }
}

/**
 * Why something waits for the user.
 * @param {Parked} parked
 * @param {number} attempts
 */
export function whyParked(parked, attempts) {
  const detail = sentence(parked.detail);
  switch (parked.reason) {
    case "rejected":
      return `The server did not take it. ${detail}`;
    case "exhausted":
      return `Tried ${counted(attempts, "time")} without success. ${detail}`;
    case "uncertain":
      return `It may have arrived, and the server cannot tell any more. ${detail}`;
    case "unreadable":
      return `This version of the app cannot read it. ${detail}`;
  }
}

/**
 * With a capital and a full stop.
 * @param {string} text
 */
export function sentence(text) {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/**
 * What went wrong, for people.
 * @param {unknown} error
 */
export function whatWentWrong(error) {
  return sentence(error instanceof Error ? error.message : String(error));
}

/**
 * The kind of an error of the client's; empty for any other.
 * @param {unknown} error
 */
export function kindOf(error) {
  const kind = /** @type {{ kind?: unknown } | null} */ (error)?.kind;
  return typeof kind === "string" ? kind : "";
}
