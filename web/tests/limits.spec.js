/**
 * The numbers that the app's forms know are those of the rule.
 *
 * Owns the comparison with `crates/social/src/limits.rs`, where they come from.
 */
import { expect, test } from "@playwright/test";
import { readFile } from "node:fs/promises";

import * as limits from "../app/limits.js";

test("forms know the limits that the engine applies", async () => {
  const rule = await readFile(new URL("../../crates/social/src/limits.rs", import.meta.url), "utf8");
  const named = [...rule.matchAll(/pub const (\w+): (?:usize|u64) = ([\d_ *]+);/g)];
  const found = named.map(([, name, value]) => [name, (value ?? "").split("*").reduce((product, factor) => product * Number(factor.replaceAll("_", "")), 1)]);
  expect(found.length).toBeGreaterThan(0);
  for (const [name, value] of found) expect([name, /** @type {Record<string, unknown>} */ (limits)[String(name)]]).toEqual([name, value]);
  const types = [.../MEDIA_TYPES: \[&str; \d+\] = \[(.*)\]/.exec(rule)?.[1]?.matchAll(/"(.*?)"/g) ?? []].map(([, type]) => type);
  expect(types).toEqual(expect.arrayContaining(limits.PICTURE_TYPES));
});
