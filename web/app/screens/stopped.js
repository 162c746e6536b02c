/**
 * This tab does not work any more: why, and the one thing to do.
 *
 * Owns the page that takes the place of everything else, so that nobody writes into a tab that cannot keep it.
 */
import { el } from "../dom.js";
import { reloadNewest } from "../register.js";
import { sentence } from "../words.js";
import { plainPage } from "./plain.js";

/** @param {import("../../package/index.js").Client} client */
export function stoppedScreen({ stopped, storage }) {
  const reload = el("button", { type: "button", class: "button primary", on: { click: () => (reload.disabled = true, void reloadNewest()) } }, "Reload");
  return plainPage("This tab must be reloaded", [sentence(stopped ?? "Another version of this app has taken over"), ...(storage.kind === "opfs" ? ["What you wrote is kept on this device."] : [])], reload);
}
