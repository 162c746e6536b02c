/**
 * Every page of the app and of the inspector: readable for those who cannot see it, in light and dark, on a phone's width, and clear where it cannot work.
 */
import AxeBuilder from "@axe-core/playwright";

import { CUT, expect, newPerson, test } from "./support/fixtures.js";
import { mark, picture, SENT, Someone, WAITS } from "./support/someone.js";

/**
 * Looks at what is shown: no violation, and nothing wider than the screen.
 * @param {import("@playwright/test").Page} page
 * @param {string} where
 */
async function look(page, where) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0]?.html}`)).toEqual([]);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, `${where} is too wide`).toBeLessThanOrEqual(0);
}

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  for (const [name, viewport] of Object.entries({ wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } })) {
    test.describe(`${colorScheme}, ${name}`, () => {
      test.use({ colorScheme, viewport, allowed: CUT });

      test("all pages are accessible", async ({ page, person }) => {
        const ada = new Someone(page, newPerson());
        await page.goto("/");
        await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
        await look(page, "sign in");
        await ada.signUp();
        await look(page, "empty feed");
        await ada.post("with a picture", [picture(1)]);
        await expect(mark(ada.row("with a picture"), SENT)).toBeVisible();
        await look(page, "feed");
        await ada.openThread("with a picture");
        await ada.comment("a comment");
        await expect(mark(ada.row("a comment"), SENT)).toBeVisible();
        await look(page, "thread");
        await ada.find(person.name);
        await look(page, "profile");
        await page.getByRole("link", { name: "Message", exact: true }).click();
        await ada.say("hello");
        await expect(mark(ada.row("hello"), SENT)).toBeVisible();
        await look(page, "conversation");
        await ada.goTo("Messages");
        await expect(page.getByRole("link", { name: new RegExp(person.name) })).toBeVisible();
        await look(page, "conversations");
        await ada.goTo("Find");
        await look(page, "find");
        await ada.goTo("You");
        await page.getByRole("button", { name: "Sign out" }).click();
        await look(page, "signing out");
        await page.getByRole("button", { name: "Cancel" }).click();
        await ada.goOffline();
        await ada.goTo("Home");
        await ada.post("waits");
        await expect(mark(ada.row("waits"), WAITS)).toBeVisible();
        await look(page, "offline");
      });

      test("the inspector is accessible, with something in the queue and without", async ({ page }) => {
        const ada = new Someone(page, newPerson());
        await ada.signUp();
        await page.goto("/inspector");
        await expect(page.getByText("Nothing waits")).toBeVisible();
        await look(page, "empty inspector");
        await page.getByRole("switch", { name: "Offline" }).click();
        await expect(page.getByRole("switch", { name: "Offline" })).toBeChecked();
        await page.goto("/");
        await ada.post("inspect me", [picture(4)]);
        await page.goto("/inspector");
        await expect(page.getByRole("rowheader", { name: "post.create" })).toBeVisible();
        await look(page, "inspector");
      });
    });
  }
}

test("the queue is exported without what was written", async ({ page }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await page.goto("/inspector");
  await page.getByRole("switch", { name: "Offline" }).click();
  await expect(page.getByText(/^offline: 0 pending/)).toBeVisible();
  await page.goto("/");
  await ada.post("nobody else reads this");
  await page.goto("/inspector");
  await expect(page.getByRole("img", { name: "1 item in 1 lane" })).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export the queue" }).click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const exported = Buffer.concat(chunks).toString("utf8");
  expect(exported).toContain("post.create");
  expect(exported).not.toContain("nobody else reads this");
});

test("a browser that lacks something is told what", async ({ page, site }) => {
  await page.addInitScript(() => {
    // @ts-expect-error: this browser has none
    delete globalThis.Worker;
  });
  await page.goto(site);
  await expect(page.getByRole("heading", { name: "This browser lacks what this app needs" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Worker");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the page says that it needs it", async ({ page, site }) => {
    await page.goto(site);
    await expect(page.getByRole("heading", { name: "This app needs JavaScript" })).toBeVisible();
  });
});
