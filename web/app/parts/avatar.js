/**
 * A picture of somebody, made from their name: initials on one of a few colours.
 *
 * Owns the letters and which colour a name has. Never asks anybody for a picture.
 */
import { attribute, el, say } from "../dom.js";

const COLOURS = 8;

/** @param {string} name */
function initials(name) {
  const parts = name.split("_").filter((part) => part !== "");
  const letters = parts.length > 1 ? `${parts[0]?.charAt(0)}${parts[1]?.charAt(0)}` : name.slice(0, 2);
  return letters.toUpperCase() || "?";
}

/** @param {string} name */
function colour(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return sum % COLOURS;
}

/**
 * @param {string} name
 * @param {string} [size] `large` or nothing
 */
export function avatar(name, size = "") {
  const node = el("span", { "aria-hidden": "true" });
  /** @param {string} shown */
  const update = (shown) => {
    attribute(node, "class", `avatar ${size} avatar-${colour(shown)}`);
    say(node, initials(shown));
  };
  update(name);
  return { node, update };
}
