/** For everybody: by keyboard, by ear, from right to left, without motion, in either scheme. */
import AxeBuilder from "@axe-core/playwright";
import { blank, expect, FAILED, focused, OFFLINE, samples, set, SYNCING, test } from "../support/page.js";

const panel = (status) => status.getByRole("dialog");

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in the gallery, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto("/gallery");
    await expect(page.locator("[data-sample]")).toHaveCount(36);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

  test(`axe finds nothing in the open panel, its editor and its question, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const status = await blank(page);
    const { parked } = await samples(page);
    await set(status, { state: { ...FAILED, failed: 5 }, items: parked });
    await status.locator(".more").click();
    await panel(status).getByRole("button", { name: "Edit: Post" }).click();
    await panel(status).getByRole("button", { name: "Discard: Comment" }).click();
    const { violations } = await new AxeBuilder({ page }).include("sync-status").analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });
}

test("all of it by keyboard", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await set(status, { state: { ...FAILED, failed: 2 }, items: parked.slice(1, 3) });
  await page.keyboard.press("Tab");
  expect(await focused(status)).toBe("Sync failed. Tap to retry");
  await page.keyboard.press("Tab");
  expect(await focused(status)).toBe("Sync details");
  await page.keyboard.press("Enter");
  await expect(panel(status)).toBeVisible();
  expect(await focused(status)).toBe("Something needs you");

  const walked = [];
  for (let step = 0; step < 9; step += 1) {
    await page.keyboard.press("Tab");
    walked.push(await focused(status));
  }
  const comment = "Comment, Does anybody have a spare shackle, 8 mm?";
  expect(walked).toEqual([
    "Close",
    "Retry all",
    `Retry: ${comment}`,
    `Edit: ${comment}`,
    `Discard: ${comment}`,
    "Retry: Post, New sails, at last.",
    "Edit: Post, New sails, at last.",
    "Discard: Post, New sails, at last.",
    expect.stringContaining("Work offline"),
  ]);

  // Escape leaves the question, then the panel; each time focus is where it was.
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  expect(await focused(status)).toBe("Keep it");
  await page.keyboard.press("Escape");
  await expect(panel(status)).toBeVisible();
  expect(await focused(status)).toBe("Discard: Post, New sails, at last.");
  await page.keyboard.press("Escape");
  await expect(panel(status)).toBeHidden();
  expect(await focused(status)).toBe("Sync details");
});

test("focus is not lost with the row or the button that had it", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await set(status, { state: { ...FAILED, failed: 2 }, items: parked.slice(1, 3) });
  await status.locator(".more").click();
  await panel(status).getByRole("button", { name: "Discard: Comment" }).focus();
  await set(status, { state: { ...FAILED, failed: 1 }, items: parked.slice(2, 3) });
  expect(await focused(status)).toBe("Retry: Post, New sails, at last.");
  await set(status, { state: SYNCING, items: [] });
  expect(await focused(status)).toBe("Sending what you wrote");
  await status.evaluate((element) => element.closePanel());

  await set(status, { state: FAILED });
  await status.locator(".act").focus();
  await set(status, { state: SYNCING });
  expect(await focused(status)).toBe("Syncing 5 items..., Sync details");
});

test("a press outside of the panel closes it, one inside does not", async ({ page }) => {
  const status = await blank(page);
  await set(status, { state: OFFLINE });
  await status.locator(".pill .text").click();
  await expect(panel(status)).toBeVisible();
  await panel(status).locator(".hint").click();
  await expect(panel(status)).toBeVisible();
  await page.mouse.click(900, 700);
  await expect(panel(status)).toBeHidden();
});

test("the panel is within the window, wherever the pill is", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await set(status, { state: { ...FAILED, failed: 5 }, items: parked });
  for (const corner of ["inset: 4px auto auto 4px", "inset: 4px 4px auto auto", "inset: auto 4px 4px auto", "inset: auto auto 4px 4px"]) {
    await status.evaluate((element, corner) => {
      for (const [name, value] of [["position", "fixed"], ["inset", corner.slice(7)]]) {
        element.style.setProperty(name, value);
      }
    }, corner);
    await status.locator(".more").click();
    const box = await panel(status).boundingBox();
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.y).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(1280);
    expect(box.y + box.height).toBeLessThanOrEqual(800);
    await page.keyboard.press("Escape");
  }
});

test("without motion nothing turns and nothing slides", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const status = await blank(page);
  await set(status, { state: { ...SYNCING, progress: { done: 0, total: 0 } } });
  await status.locator(".more").click();
  expect(await status.evaluate((element) => element.shadowRoot.getAnimations().length)).toBe(0);
});

test("with motion a run of unknown length turns, one of known length fills", async ({ page }) => {
  const status = await blank(page);
  const turning = () => status.evaluate((element) => element.shadowRoot.getAnimations().some((it) => it.animationName === "turn"));
  await set(status, { state: { ...SYNCING, progress: { done: 0, total: 0 } } });
  expect(await turning()).toBe(true);
  await set(status, { state: SYNCING });
  expect(await turning()).toBe(false);
  await expect(status.locator(".pill .arc")).toHaveAttribute("stroke-dasharray", "37.5 100");
});

test("from right to left the icon is at the right", async ({ page }) => {
  const status = await blank(page);
  await status.evaluate((element) => (element.dir = "rtl"));
  await set(status, { state: FAILED });
  const left = (selector) => status.locator(selector).evaluate((it) => it.getBoundingClientRect().left);
  expect(await left(".picture")).toBeGreaterThan(await left(".text"));
  expect(await left(".text")).toBeGreaterThan(await left(".more"));
});

test("texts bring their language and direction along", async ({ page }) => {
  const status = await blank(page);
  await set(status, { state: OFFLINE });
  await status.evaluate(async (element) => {
    const { arabic } = await import("/package/messages/ar.js");
    element.messages = arabic;
  });
  await expect(status.locator(".root")).toHaveAttribute("lang", "ar");
  await expect(status.locator(".root")).toHaveAttribute("dir", "rtl");
  await expect(status.locator(".pill .text")).toHaveText("غير متصل · 3 عناصر تنتظر");
});

test("the scheme is the page's, or that of the attribute, and each role can be set", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  const status = await blank(page);
  await set(status, { state: SYNCING });
  const colour = () => status.locator(".pill").evaluate((pill) => getComputedStyle(pill).backgroundColor);
  const light = await colour();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await colour();
  expect(dark).not.toBe(light);
  await status.evaluate((element) => element.setAttribute("theme", "light"));
  expect(await colour()).toBe(light);
  await status.evaluate((element) => element.style.setProperty("--outrigger-primary-container", "rgb(1, 2, 3)"));
  expect(await colour()).toBe("rgb(1, 2, 3)");
});

test("what a screen reader calls the buttons", async ({ page }) => {
  const status = await blank(page);
  await set(status, { state: OFFLINE });
  await expect(status.getByRole("button", { name: "Offline · 3 waiting Sync details", exact: true })).toHaveAttribute("aria-haspopup", "dialog");
  await set(status, { state: FAILED });
  await expect(status.getByRole("button")).toHaveCount(2);
  await expect(status.getByRole("button", { name: "Sync failed. Tap to retry", exact: true })).toBeVisible();
  await expect(status.getByRole("button", { name: "Sync details", exact: true })).toHaveAttribute("aria-expanded", "false");
});
