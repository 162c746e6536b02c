/**
 * Where there is nothing to store on, or what was stored is gone: it is said, and nothing is pretended.
 */
import { CUT, expect, newPerson, or, test } from "./support/fixtures.js";
import { mark, picture, SENT, Someone, WAITS } from "./support/someone.js";

/** Posts of this size use up what a browser has given in advance, and asks for only in larger pieces. */
const LONG = "word ".repeat(900);
const POSTS_MAX = 200;

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

/** @param {import("@playwright/test").Page} page @param {string} script for each Worker of it, before its own */
async function inWorkers(page, script) {
  await page.route("**/package/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script};${await response.text()}` });
  });
}

for (const [what, script] of [
  ["no file system", "delete StorageManager.prototype.getDirectory"],
  ["a file system that is refused", "StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'))"],
  ["files that cannot be flushed", "delete FileSystemFileHandle.prototype.createSyncAccessHandle"],
]) {
  test.describe(`with ${what}`, () => {
    test.use({ serviceWorkers: "block", allowed: or(CUT, /registration blocked/) });

    test("everything works, in memory, and that is said", async ({ page }) => {
      await inWorkers(page, script);
      const ada = new Someone(page, newPerson());
      await ada.signUp();
      await expect(page.getByRole("region", { name: "Notices" })).toContainText("Nothing is kept on this device");
      await ada.goOffline();
      await ada.post("gone with the tab, unless it arrives", [picture(5)]);
      // What is in memory is not let go of where a browser would freeze the page.
      await page.evaluate(() => void document.dispatchEvent(new Event("freeze")));
      await page.evaluate(() => void document.dispatchEvent(new Event("resume")));
      await ada.goOnline();
      await expect(mark(ada.row("gone with the tab, unless it arrives"), SENT)).toBeVisible();
    });
  });
}

for (const promises of [true, false]) {
  test(`storage that is not persistent is told of, and the browser is asked on a word: it ${promises ? "promises" : "does not"}`, async ({ page }) => {
    // What a browser answers is its own business: with how often a site is used, or by asking people.
    await page.addInitScript((promises) => {
      StorageManager.prototype.persisted = async () => false;
      StorageManager.prototype.persist = async () => promises;
    }, promises);
    await new Someone(page, newPerson()).signUp();
    const notices = page.getByRole("region", { name: "Notices" });
    const told = notices.getByText("may remove what is kept here");
    await expect(told).toBeVisible();
    await notices.getByRole("button", { name: "Ask it to keep it" }).click();
    await expect(told).toHaveCount(0);
    await expect(notices.getByText("has not promised to keep it")).toHaveCount(promises ? 0 : 1);
  });
}

test.describe("where the browser gives no more room", () => {
  test.use({ allowed: CUT });

  /**
   * Ada has written something that waits, and the browser gives her no more than this. She writes on until that is refused.
   * @param {import("@playwright/test").Page} page @param {string} site @param {(usage: number) => number} quotaOf
   */
  async function full(page, site, quotaOf) {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.goOffline();
    await ada.post("written in time");
    await expect(mark(ada.row("written in time"), WAITS)).toBeVisible();

    const chromium = await page.context().newCDPSession(page);
    const { usage } = await chromium.send("Storage.getUsageAndQuota", { origin: site });
    await chromium.send("Storage.overrideQuotaForOrigin", { origin: site, quotaSize: quotaOf(usage) });
    const refused = page.getByRole("alert").filter({ hasText: "free some space" });
    let text = "";
    for (let number = 0; number < POSTS_MAX && !(await refused.isVisible()); number += 1) {
      text = `number ${number} `;
      await ada.composer.fill(text + LONG);
      await page.getByRole("button", { name: "Post", exact: true }).click();
      await expect(ada.row(text).or(refused)).toBeVisible();
    }
    await expect(refused).toBeVisible();
    await expect(ada.composer).toHaveValue(new RegExp(`^${text}`));
    const makeRoom = () => chromium.send("Storage.overrideQuotaForOrigin", { origin: site });
    return { ada, text, makeRoom };
  }

  test("new writes are refused in words, what waits is sent, and with room again it goes on", async ({ page, site, api }) => {
    const { ada, text, makeRoom } = await full(page, site, (usage) => usage);
    await ada.goOnline();
    await expect(mark(ada.row("written in time"), SENT)).toBeVisible();
    const there = await api.signIn(ada.person);
    const { items: posts } = await there.get(`/v1/users/${there.account.id}/posts`);
    expect(posts.filter((/** @type {any} */ post) => post.text === "written in time")).toHaveLength(1);

    await makeRoom();
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await expect(mark(ada.row(text), SENT)).toBeVisible();
  });

  test("not even for what was reserved, nothing is lost", async ({ page, site }) => {
    const { ada, text, makeRoom } = await full(page, site, () => 1);
    await ada.goOnline();
    await makeRoom();
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await expect(mark(ada.row(text), SENT)).toBeVisible();
    await expect(mark(ada.row("written in time"), SENT)).toBeVisible();
  });
});
