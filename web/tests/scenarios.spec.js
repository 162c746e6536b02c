/**
 * The engine's scenario files, replayed by the engine as it runs in a browser, on SQLite in the origin private file system: the traces are those of every other host.
 */
import { expect, test } from "@playwright/test";
import { readdir, readFile } from "node:fs/promises";

const FOLDER = new URL("../../crates/engine/scenarios/", import.meta.url);
const FILES_MIN = 77;

test("every scenario gives the trace that it gives natively", async ({ page }) => {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".json"));
  expect(files.length).toBeGreaterThanOrEqual(FILES_MIN);
  test.setTimeout(180_000);
  await page.goto("/blank");
  const worker = await page.evaluateHandle(() => new Worker("/tests/support/replay.js", { type: "module" }));
  for (const [number, file] of files.entries()) {
    const text = await readFile(new URL(file, FOLDER), "utf8");
    const trace = await worker.evaluate(
      (worker, given) =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => reject(new Error(event.message || "the engine is not there: cargo xtask browser builds it"));
          worker.postMessage(given);
        }),
      { name: `scenario${number}`, scenario: text },
    );
    expect(trace, file).toEqual(JSON.parse(text).trace);
  }
});
