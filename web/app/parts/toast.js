/**
 * A sentence that appears for a while and is spoken politely: what was just done, or could not be.
 *
 * Owns the one place on the page for it, which is there before anything is said in it, as screen readers need it. Never asks for an answer.
 */
import { el } from "../dom.js";

const SHOWN_MS = 6_000;

const place = el("div", { class: "toasts", role: "status" });
document.body.append(place);
let timer = 0;

/** @param {string} words */
export function toast(words) {
  place.replaceChildren(el("p", { class: "toast" }, words));
  clearTimeout(timer);
  timer = window.setTimeout(() => place.replaceChildren(), SHOWN_MS);
}
