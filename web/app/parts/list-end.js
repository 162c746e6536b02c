/**
 * The line below a list: whether more is being read, whether there is more at all, and why not.
 *
 * Owns words about reading. Never about what waits to be sent: that is said on the rows and in the header.
 */
import { el, say } from "../dom.js";
import { kindOf, whatWentWrong } from "../words.js";

/** @param {() => unknown} again */
export function listEnd(again) {
  const words = el("p");
  const button = el("button", { type: "button", class: "button quiet small", hidden: true, on: { click: () => again() } }, "Try again");
  const node = el("div", { class: "list-end", role: "status" }, words, button);
  /**
   * @param {"reading" | "more" | "end" | "unread"} state
   * @param {unknown} [error]
   */
  const update = (state, error) => {
    const isOffline = kindOf(error) === "offline";
    node.dataset.state = state;
    button.hidden = state !== "unread";
    if (state === "reading") say(words, "Reading…");
    else if (state === "unread") say(words, isOffline ? "The server cannot be reached: this is what is on this device." : whatWentWrong(error));
    else say(words, "");
  };
  return { node, update };
}
