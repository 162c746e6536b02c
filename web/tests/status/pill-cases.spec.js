/** The pill of the browser is that of the engine, in every case of the table that the engine wrote. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { arabic } from "../../package/messages/ar.js";
import { german } from "../../package/messages/de.js";
import { english } from "../../package/messages/en.js";
import { pill } from "../../package/pill.js";
import { bytes, say } from "../../package/status/say.js";

const table = JSON.parse(await readFile(new URL("../../package/pill-cases.json", import.meta.url), "utf8"));

test("pill.js says what the engine says, case by case", () => {
  expect(table.cases).toHaveLength(4 * 5 * 4 * 2 * 4);
  for (const { pill: expected, ...crossed } of table.cases) {
    expect(pill({ ...table.rest, ...crossed }), JSON.stringify(crossed)).toEqual(expected);
  }
});

for (const messages of [german, arabic]) {
  test(`${messages.lang} says all that English says, with the same figures filled in`, () => {
    const slots = (text) => new Set(typeof text === "string" ? text.match(/\{\w+\}/g) : Object.values(text).join().match(/\{\w+\}/g));
    expect(Object.keys(messages).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      expect(slots(messages[key]), key).toEqual(slots(text));
      expect(typeof messages[key], key).toBe(typeof text);
    }
  });
}

test("plural forms are the language's own", () => {
  const waiting = (messages, ...counts) => counts.map((count) => say(messages, "list_waiting", { count }));
  expect(waiting(english, 1, 2)).toEqual(["1 waiting", "2 waiting"]);
  expect(waiting(german, 1, 2)).toEqual(["1 wartet", "2 warten"]);
  expect(new Set(waiting(arabic, 1, 2, 3, 11, 100)).size).toBe(5);
  expect(say(english, "list_failed", { count: 1 })).toBe("1 needs you");
});

test("what a translation lacks is said in English", () => {
  expect(say({ lang: "fi", dir: "ltr" }, "retry")).toBe("Retry");
  expect(say({ lang: "fi", dir: "ltr" }, "more", { count: 2 })).toBe("and 2 more");
});

test("bytes are said in the unit that gives few digits", () => {
  expect([0, 999, 1000, 2_418_204, 32 * 1024 * 1024].map((size) => bytes(english, size))).toEqual([
    "0 byte",
    "999 byte",
    "1 kB",
    "2.4 MB",
    "34 MB",
  ]);
});
