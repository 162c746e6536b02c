/**
 * When something happened, in words that age.
 *
 * Owns `<time>` elements and the one timer that keeps all of them true. Never runs while nothing shows a time.
 */
import { attribute, el, say } from "../dom.js";
import { ago, exactTime } from "../words.js";

const REFRESH_MS = 30_000;

/** @type {Set<() => void>} */
const shown = new Set();
let timer = 0;

/** @param {number} at */
export function moment(at) {
  let current = at;
  const node = el("time");
  const refresh = () => say(node, ago(current));
  /** @param {number} next */
  const update = (next) => {
    current = next;
    attribute(node, "datetime", new Date(next).toISOString());
    attribute(node, "title", exactTime(next));
    refresh();
  };
  update(at);
  shown.add(refresh);
  if (!timer) timer = window.setInterval(() => shown.forEach((one) => one()), REFRESH_MS);
  const close = () => {
    shown.delete(refresh);
    if (shown.size > 0) return;
    clearInterval(timer);
    timer = 0;
  };
  return { node, update, close };
}
