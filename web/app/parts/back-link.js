/**
 * The way back to where one came from.
 *
 * Owns that it is the browser's own way back where there is one, so that lists stand where they stood.
 */
import { el } from "../dom.js";
import { icon } from "../icons.js";
import { link } from "../route.js";

/** @param {string} [to] where it leads for those who came from elsewhere */
export function backLink(to = link.following) {
  const click = (/** @type {MouseEvent} */ event) => {
    if (history.length < 2 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.back();
  };
  return el("a", { class: "icon-button", href: to, "aria-label": "Back", on: { click } }, icon("back"));
}
