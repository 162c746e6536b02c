/**
 * The tables of the inspector, each alone: what no server brings about at will.
 */
import { blank, expect, test } from "./support/page.js";

test("a clock runs on where what is read again is as of the same moment", async ({ page }) => {
  await page.clock.install({ time: 0 });
  await blank(page);
  await page.clock.pauseAt(10_000);
  await page.evaluate(async () => {
    const { queueTable } = await import("/app/inspector/queue-table.js");
    const table = queueTable();
    document.body.append(table.node);
    const entity = { kind: "post", id: "01938b2e-0000-7000-8000-000000000001" };
    const item = { mutation: "m1", place: 1, name: "post.create", entity, lane: entity.id, upload: null, state: "ready", parked: null, attempts: 1, due_in_ms: 8_000, waits_for: [] };
    window.read = (changes) => table.update([{ ...item, ...changes }], performance.now());
    window.read({});
  });
  const next = page.getByRole("cell").nth(4);
  const read = (changes) => page.evaluate((changes) => window.read(changes), changes);
  await expect(next).toHaveText("8 s");
  await page.clock.runFor(3_000);
  await read({});
  await expect(next).toHaveText("5 s");
  // A transaction was stored meanwhile.
  await page.clock.runFor(1_000);
  await read({ due_in_ms: 4_000 });
  await expect(next).toHaveText("4 s");
  await read({ due_in_ms: 4_000, attempts: 2 });
  await page.clock.runFor(1_000);
  await expect(next).toHaveText("3 s");
});
