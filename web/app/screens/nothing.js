/**
 * An address that means nothing.
 *
 * Owns its words.
 */
import { el } from "../dom.js";
import { link } from "../route.js";

/** @returns {import("../shell.js").Screen} */
export function nothingScreen() {
  const title = el("h1", { tabindex: -1 }, "There is nothing here");
  return {
    title: "Nothing here",
    heading: title,
    node: el("div", { class: "screen" }, el("div", { class: "screen-head" }, title), el("p", { class: "nothing" }, "This address leads nowhere. ", el("a", { href: link.following }, "Go home"), ".")),
    close: () => undefined,
  };
}
