/**
 * Pages that are frozen and wake up, people who come and go in one page, and versions of the app that come after each other.
 */
import { CUT, expect, newPerson, or, test } from "./support/fixtures.js";
import { Newer } from "./support/newer.js";
import { mark, SENT, Someone } from "./support/someone.js";

/** A Service Worker would bring what a test wants to keep away. */
const UNREGISTERED = /registration blocked/;

/** What a browser tells a page before it freezes it, or when it wakes it up. A page that is looked at by a test is never hidden, and so never frozen. @param {import("@playwright/test").Page} page @param {"freeze" | "resume"} what */
function lifecycle(page, what) {
  return page.evaluate((name) => void document.dispatchEvent(new Event(name)), what);
}

/** The tab that has the database: who holds its lock. @param {import("@playwright/test").Page} page */
function holder(page) {
  return page.evaluate(async () => {
    const { held } = await navigator.locks.query();
    return held?.find(({ name }) => /^outrigger:\w+$/.test(name ?? ""))?.clientId;
  });
}

test("a page that is frozen lets go of the database, and wakes up as one that follows", async ({ page, context }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  const second = new Someone(await context.newPage(), ada.person);
  await second.page.goto("/");
  await expect(second.composer).toBeVisible();
  const first = await holder(page);
  await lifecycle(page, "freeze");
  await expect.poll(() => holder(second.page)).not.toBe(first);
  await second.post("while the first one sleeps");
  await expect(mark(second.row("while the first one sleeps"), SENT)).toBeVisible();

  await lifecycle(page, "resume");
  await ada.post("awake again");
  await expect(mark(second.row("awake again"), SENT)).toBeVisible();
  await expect(mark(ada.row("while the first one sleeps"), SENT)).toBeVisible();
});

test("a page that is frozen alone has the database again when it wakes up", async ({ page }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await lifecycle(page, "freeze");
  await lifecycle(page, "resume");
  await ada.post("slept well");
  await expect(mark(ada.row("slept well"), SENT)).toBeVisible();
});

test("one after the other signs in in the same page, and nobody sees what is another's", async ({ page, person }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await ada.post("for my eyes only");
  await expect(mark(ada.row("for my eyes only"), SENT)).toBeVisible();
  for (const [next, own, others] of [
    [person, "mine", "for my eyes only"],
    [ada.person, "for my eyes only", "mine"],
  ]) {
    await ada.goTo("You");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("dialog", { name: "Sign out?" }).getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
    await page.getByLabel("Name").fill(next.name);
    await page.getByLabel("Password").fill(next.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(ada.composer).toBeVisible();
    if (own === "mine") await ada.post("mine");
    await ada.goTo("You");
    await expect(ada.row(own)).toBeVisible();
    await expect(ada.row(others)).toHaveCount(0);
  }
});

for (const who of ["leads", "follows"]) {
  test(`who signs out in a tab that ${who}, and discards what waits, finds nothing of it`, async ({ page, context }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.post("arrived");
    await expect(mark(ada.row("arrived"), SENT)).toBeVisible();
    const second = new Someone(await context.newPage(), ada.person);
    await second.page.goto("/");
    await expect(second.row("arrived")).toBeVisible();
    const [one, other] = who === "leads" ? [ada, second] : [second, ada];
    await ada.goOffline();
    await one.post("never sent");
    await expect(other.row("never sent")).toBeVisible();
    await one.goTo("You");
    await one.page.getByRole("button", { name: "Sign out" }).click();
    const dialog = one.page.getByRole("dialog", { name: "Sign out?" });
    await dialog.getByRole("button", { name: /discard/i }).click();
    await expect(one.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
    await expect(other.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();

    await ada.goOnline();
    await one.page.getByLabel("Name").fill(ada.person.name);
    await one.page.getByLabel("Password").fill(ada.person.password);
    await one.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await one.goTo("You");
    await expect(mark(one.row("arrived"), SENT)).toBeVisible();
    await expect(one.row("never sent")).toHaveCount(0);
    await expect(one.page.getByRole("region", { name: "Notices" }).getByText(/removed what was kept/)).toHaveCount(0);
    await expect(other.row("arrived")).toBeVisible();
  });
}

test.describe("where the engine cannot be loaded", () => {
  test.use({ serviceWorkers: "block", allowed: or(CUT, UNREGISTERED) });

  test("a tab says so, and holds nobody up", async ({ page, context }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await page.route("**/*.wasm", (route) => route.abort());
    await page.reload();
    await expect(page.getByText("The engine could not be loaded")).toBeVisible();
    const second = new Someone(await context.newPage(), ada.person);
    await second.page.goto("/");
    await second.post("by the one that could");
    await expect(mark(second.row("by the one that could"), SENT)).toBeVisible();
  });
});

test.describe("another version of the app", () => {
  // A page that is none of the app has no icon.
  test.use({ allowed: or(CUT, /newer version/, /status of 404/) });

  test("is offered once it is kept, replaces the old one, and opens offline", async ({ browser, site }) => {
    const newer = await Newer.open(site);
    const context = await browser.newContext({ baseURL: newer.url });
    const ada = new Someone(await context.newPage(), newPerson());
    const kept = () => ada.page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("outrigger-shell-")));
    await ada.signUp();
    await ada.keepsShell();
    const before = await kept();
    expect(before).toHaveLength(1);

    newer.version = "feedfacefeedface";
    await ada.page.reload();
    const notices = ada.page.getByRole("region", { name: "Notices" });
    await expect(notices).toContainText("new version");
    await expect.poll(async () => (await kept()).length).toBe(2);
    await Promise.all([ada.page.waitForEvent("load"), notices.getByRole("button", { name: "Use it now" }).click()]);
    await expect(ada.composer).toBeVisible();
    await expect.poll(kept).toEqual(["outrigger-shell-feedfacefeedface"]);

    await newer.close();
    await ada.page.reload();
    await ada.composer.fill("offline, and in the new version");
    await ada.page.getByRole("button", { name: "Post", exact: true }).click();
    await expect(ada.row("offline, and in the new version")).toBeVisible();
    await context.close();
  });

  test("in another tab: the old one stops writing, and says reload", async ({ page, context }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    const second = await context.newPage();
    await second.goto("/");
    await second.evaluate(async () => {
      const { held } = await navigator.locks.query();
      const name = held?.find((lock) => /^outrigger:\w+$/.test(lock.name ?? ""))?.name ?? "";
      new BroadcastChannel(name).postMessage({ to: "all", protocol: 1_000 });
    });
    await expect(page.getByText("a newer version")).toBeVisible();
    await expect(page.getByRole("button", { name: /reload/i })).toBeVisible();
    await expect(ada.composer).toHaveCount(0);
  });

  test("has left its database: this one leaves it as it is, and says reload", async ({ page, context }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.post("kept for the newer version");
    await expect(mark(ada.row("kept for the newer version"), SENT)).toBeVisible();
    await page.goto("/app/manifest.webmanifest");
    const raise = (/** @type {number} */ by) =>
      page.evaluate(async (by) => {
        /** SQLite's `user_version` (file format, 1.3.14), behind the header of the pool's file. */
        const AT = 4096 + 60 + 3;
        /** @param {any} folder */
        async function raiseIn(folder) {
          for await (const entry of folder.values()) {
            if (entry.kind === "directory") await raiseIn(entry);
            else {
              const file = await entry.getFile();
              if (!(await file.slice(0, 512).text()).match(/^\/\w+\.db\0/)) continue;
              const [version] = new Uint8Array(await file.slice(AT, AT + 1).arrayBuffer());
              const writable = await entry.createWritable({ keepExistingData: true });
              await writable.write({ type: "write", position: AT, data: new Uint8Array([version + by]) });
              await writable.close();
            }
          }
        }
        await raiseIn(await (await navigator.storage.getDirectory()).getDirectoryHandle("outrigger"));
      }, by);
    // A Worker that has just ended may hold its files for a moment.
    await expect(() => raise(1)).toPass();
    const old = await context.newPage();
    await old.goto("/");
    await expect(old.getByText("a newer version")).toBeVisible();
    // It holds nothing any more: the newer one opens while the old tab is still there.
    await expect(() => raise(-1)).toPass();
    await page.goto("/");
    await expect(mark(ada.row("kept for the newer version"), SENT)).toBeVisible();
  });
});
