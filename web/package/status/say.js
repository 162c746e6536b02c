/**
 * Saying things in somebody's language: fills texts in, chooses plural forms, writes numbers and bytes.
 *
 * Owns no text: those are in `../messages/`. What a translation lacks is said in English.
 */
import { english } from "../messages/en.js";

/** @typedef {import("./shapes.js").Messages} Messages */

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/**
 * The text of this name. `count` chooses the plural form.
 *
 * @param {Messages} messages
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function say(messages, key, values = {}) {
  const language = key in messages ? messages : english;
  const text = language[key];
  if (text === undefined) {
    return key;
  }
  const form = typeof text === "string" ? text : plural(language, text, Number(values.count ?? 0));
  return form.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) {
      return whole;
    }
    return typeof value === "number" ? number(language, value) : isolated(language, value);
  });
}

/**
 * Whether there is a text of this name.
 *
 * @param {Messages} messages
 * @param {string} key
 */
export function knows(messages, key) {
  return key in messages || key in english;
}

/**
 * A number as the language writes it. Ungrouped: the terminal and the table of cases write it so.
 *
 * @param {Messages} messages
 * @param {number} value
 */
export function number(messages, value) {
  return new Intl.NumberFormat(messages.lang, { useGrouping: false }).format(value);
}

/**
 * So many bytes, in the unit that gives few digits.
 *
 * @param {Messages} messages
 * @param {number} value
 */
export function bytes(messages, value) {
  let unit = 0;
  let amount = value;
  while (amount >= 1000 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const format = new Intl.NumberFormat(messages.lang, {
    style: "unit",
    unit: BYTE_UNITS[unit],
    unitDisplay: "short",
    maximumFractionDigits: amount < 10 && unit > 0 ? 1 : 0,
  });
  return format.format(amount);
}

/**
 * @param {Messages} messages
 * @param {import("./shapes.js").Plural} forms
 * @param {number} count
 * @returns {string}
 */
function plural(messages, forms, count) {
  return forms[new Intl.PluralRules(messages.lang).select(count)] ?? forms.other;
}

/**
 * What is filled in may run the other way than what is around it: Unicode's isolates keep the two apart.
 *
 * @param {Messages} messages
 * @param {string} text
 */
function isolated(messages, text) {
  return messages.dir === "rtl" ? `\u2068${text}\u2069` : text;
}
