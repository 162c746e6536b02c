/**
 * The style sheets of `<sync-status>`, made once and shared by all elements.
 *
 * Owns that they are constructable sheets: a page whose Content-Security-Policy allows no inline style can use them. Their texts are beside this file.
 */
import { COLOURS } from "./style-colours.js";
import { PANEL } from "./style-panel.js";
import { PILL } from "./style-pill.js";
import { ROWS } from "./style-rows.js";

/** @type {CSSStyleSheet[] | null} */
let made = null;

/** @returns {CSSStyleSheet[]} */
export function styles() {
  made ??= [COLOURS, PILL, PANEL, ROWS].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return made;
}
