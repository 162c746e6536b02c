/**
 * This tab does not work any more: why, and the one thing to do.
 *
 * Owns the page that takes the place of everything else, so that nobody writes into a tab that cannot keep it.
 */
import { el } from "../dom.js";
import { reloadNewest } from "../register.js";
import { sentence } from "../words.js";
import { plainPage } from "./plain.js";

/** @param {string | null} why */
export function stoppedScreen(why) {
  const reload = el("button", { type: "button", class: "button primary", on: { click: () => (reload.disabled = true, void reloadNewest()) } }, "Reload");
  return plainPage("This tab must be reloaded", [sentence(why ?? "Another version of this app has taken over"), "Nothing that you wrote is lost."], reload);
}
