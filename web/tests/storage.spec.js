/**
 * Where there is nothing to store on, or what was stored is gone: it is said, and nothing is pretended.
 */
import { expect, newPerson, test } from "./support/fixtures.js";
import { mark, picture, SENT, Someone } from "./support/someone.js";

test("a browser that has evicted what was stored is told of", async ({ page, context, site, api }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await ada.post("kept by the server");
  await expect(mark(ada.row("kept by the server"), SENT)).toBeVisible();
  await page.goto("about:blank");
  const chromium = await context.newCDPSession(page);
  await chromium.send("Storage.clearDataForOrigin", { origin: site, storageTypes: "file_systems" });
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Notices" })).toContainText(/removed what was (kept|stored)/i);
  // What had arrived is read again.
  await expect(ada.row("kept by the server")).toBeVisible();
  expect(await api.signIn(ada.person)).toBeTruthy();
});

test("without a file system everything works, in memory, and that is said", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });
  });
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("Nothing is kept on this device");
  await ada.post("gone with the tab, unless it arrives", [picture(5)]);
  await expect(mark(ada.row("gone with the tab, unless it arrives"), SENT)).toBeVisible();
});
