/** What happens by the clock: the countdown, and what a screen reader is told. Never by waiting. */
import { blank, expect, FAILED, IDLE, OFFLINE, set, SYNCING, test } from "../support/page.js";

const said = (status) => status.locator(".said");

/** A page whose clock stands still until it is told to go on. */
async function still(page) {
  await page.clock.install({ time: 0 });
  const status = await blank(page);
  await page.clock.pauseAt(10_000);
  return status;
}

/** All that the live region says from now on. */
async function record(status) {
  await status.evaluate((element) => {
    window.told = [];
    const region = element.shadowRoot.querySelector(".said");
    new MutationObserver(() => window.told.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
  });
  return () => status.page().evaluate(() => window.told);
}

test("the next attempt is counted down, from when the state came", async ({ page }) => {
  const status = await still(page);
  await set(status, { state: { ...OFFLINE, next_attempt_in_ms: 12_000 } });
  await page.clock.runFor(2_000);
  await status.locator(".more").click();
  const next = status.getByRole("timer");
  await expect(next).toHaveText("Next attempt in 10 s");
  await page.clock.runFor(1_000);
  await expect(next).toHaveText("Next attempt in 9 s");
  // What else is set does not wind it up again.
  await set(status, { items: [] });
  await expect(next).toHaveText("Next attempt in 9 s");
  await page.clock.runFor(9_000);
  await expect(next).toHaveText("Next attempt any moment");
  await set(status, { state: { ...OFFLINE, next_attempt_in_ms: 240_000 } });
  await expect(next).toHaveText("Next attempt in 4 min");
  await set(status, { state: SYNCING });
  await expect(next).toBeHidden();
});

test("each change of kind is said once, and no count", async ({ page }) => {
  const status = await still(page);
  await set(status, { state: IDLE });
  const told = await record(status);
  for (let pending = 9; pending > 0; pending -= 1) {
    await set(status, { state: { ...SYNCING, pending } });
    await page.clock.runFor(1_500);
  }
  await set(status, { state: IDLE });
  await page.clock.runFor(1_500);
  await set(status, { state: FAILED });
  await page.clock.runFor(1_500);
  await set(status, { state: { ...FAILED, failed: 3 } });
  await page.clock.runFor(1_500);
  expect(await told()).toEqual(["Syncing", "Everything has arrived", "Sync failed"]);
});

test("a run that is over in a moment says nothing", async ({ page }) => {
  const status = await still(page);
  await set(status, { state: IDLE });
  const told = await record(status);
  for (let run = 0; run < 5; run += 1) {
    await set(status, { state: SYNCING });
    await page.clock.runFor(300);
    await set(status, { state: IDLE });
    await page.clock.runFor(5_000);
  }
  expect(await told()).toEqual([]);
});

test("the first state is no change, and a network that comes and goes is told where it stays", async ({ page }) => {
  const status = await still(page);
  await set(status, { state: OFFLINE });
  await page.clock.runFor(5_000);
  await expect(said(status)).toHaveText("");
  for (const state of [SYNCING, OFFLINE, SYNCING, OFFLINE, IDLE]) {
    await set(status, { state });
    await page.clock.runFor(200);
  }
  await page.clock.runFor(1_000);
  await expect(said(status)).toHaveText("Back online");
  await set(status, { state: { ...FAILED, cause: "sign_in" } });
  await page.clock.runFor(1_000);
  await expect(said(status)).toHaveText("Sync has stopped: sign in again");
});

test("what is said is heard while the panel is open too", async ({ page }) => {
  const status = await still(page);
  await set(status, { state: SYNCING });
  await status.locator(".more").click();
  await set(status, { state: IDLE });
  await page.clock.runFor(1_000);
  await expect(status.getByRole("dialog").locator(".said")).toHaveText("Everything has arrived");
  await page.keyboard.press("Escape");
  await expect(status.getByRole("dialog")).toBeHidden();
  await expect(status.locator(".root > .said")).toHaveCount(1);
});
