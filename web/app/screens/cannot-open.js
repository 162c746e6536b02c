/**
 * The client could not be opened: why, in words, and what to do.
 *
 * Owns the page for a browser that lacks something, and for everything else that can go wrong before there is an app.
 */
import { el } from "../dom.js";
import { kindOf, whatWentWrong } from "../words.js";
import { plainPage } from "./plain.js";

/** @param {unknown} error */
export function cannotOpen(error) {
  if (kindOf(error) === "unsupported") {
    return plainPage("This browser lacks what this app needs", [whatWentWrong(error), "A current Chrome, Edge, Firefox or Safari has it; outside of private windows, where some of them keep it back."]);
  }
  return plainPage(
    "This app could not be opened",
    [whatWentWrong(error)],
    el("button", { type: "button", class: "button primary", on: { click: () => location.reload() } }, "Try again"),
  );
}
