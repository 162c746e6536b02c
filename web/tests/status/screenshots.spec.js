/** How every state looks, in light and in dark, compared with what is stored. */
import { PANELS, PILLS } from "../../app/gallery/samples.js";
import { expect, test } from "../support/page.js";

test.beforeEach(async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce", colorScheme: "light" });
  // The countdown stands still.
  await page.clock.install({ time: 0 });
  await page.clock.pauseAt(1_000);
  await page.goto("/gallery");
  await page.addStyleTag({ url: "/tests/support/fonts.css" });
});

for (const scheme of ["light", "dark"]) {
  for (const { name } of PILLS) {
    test(`pill ${name}, ${scheme}`, async ({ page }) => {
      await expect(page.locator(`[data-sample="pill-${name}-${scheme}"]`)).toHaveScreenshot(`pill-${name}-${scheme}.png`);
    });
  }
  for (const { name } of PANELS) {
    test(`panel ${name}, ${scheme}`, async ({ page }) => {
      await expect(page.locator(`[data-sample="panel-${name}-${scheme}"]`)).toHaveScreenshot(`panel-${name}-${scheme}.png`);
    });
  }
  for (const language of ["de", "ar"]) {
    test(`in ${language}, ${scheme}`, async ({ page }) => {
      const sample = page.locator(`[data-sample="language-${language}-${scheme}"]`);
      await expect(sample).toHaveScreenshot(`language-${language}-${scheme}.png`);
    });
  }
}

test("with forced colours", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await expect(page.locator("#pills")).toHaveScreenshot("forced-colours-pills.png");
  await expect(page.locator('[data-sample="panel-failed-light"]')).toHaveScreenshot("forced-colours-panel.png");
});

for (const width of [390, 1280]) {
  test(`the dialog, at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.locator("#refuse").click();
    await page.clock.runFor(2_000);
    await page.locator("#live .more").click();
    await page.mouse.move(0, 0);
    await expect(page).toHaveScreenshot(`dialog-${width}.png`);
    await page.locator("#live").getByRole("button", { name: "Discard" }).press("Enter");
    await expect(page).toHaveScreenshot(`dialog-discard-${width}.png`);
    await page.locator("#live").getByRole("button", { name: "Keep it" }).press("Enter");
    await page.locator("#live").getByRole("button", { name: "Edit" }).press("Enter");
    await expect(page).toHaveScreenshot(`dialog-edit-${width}.png`);
  });
}
