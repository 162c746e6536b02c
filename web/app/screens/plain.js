/**
 * A page with nothing but a heading, a few sentences, and perhaps something to press.
 *
 * Owns its shape: for what goes on before there is an app, or after it.
 */
import { el } from "../dom.js";
import { brandMark } from "../icons.js";

/**
 * @param {string} title
 * @param {string[]} words
 * @param {...Node} actions
 */
export function plainPage(title, words, ...actions) {
  return el("main", { class: "plain" }, brandMark(), el("h1", { tabindex: -1 }, title), ...words.map((one) => el("p", null, one)), ...actions);
}
