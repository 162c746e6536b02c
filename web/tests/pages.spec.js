/**
 * Every page of the app and of the inspector: readable for those who cannot see it, in light and dark, on a phone's width, and clear where it cannot work.
 */
import AxeBuilder from "@axe-core/playwright";

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { conflict, openPanel } from "./support/conflict.js";
import { CUT, expect, newPerson, or, REFUSED, test } from "./support/fixtures.js";
import { mark, picture, SENT, Someone, WAITS } from "./support/someone.js";

/** What a Worker says that dies. */
const LOST = /the Worker is lost/;
const SITE = new URL("../../crates/server/src/http/site.rs", import.meta.url);

/** The page of a server that was built without the app: this one has it. */
async function unbuilt() {
  const [, page = ""] = (await readFile(SITE, "utf8")).match(/UNBUILT: &str = "(.*?[^\\])";/s) ?? [];
  return page.replaceAll('\\"', '"');
}

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
      test.use({ colorScheme, viewport, allowed: or(CUT, REFUSED, LOST) });

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
        await expect(ada.row("with a picture")).toBeVisible();
        await look(page, "own profile");
        await page.getByRole("button", { name: "Sign out" }).click();
        await look(page, "signing out");
        await page.getByRole("button", { name: "Cancel" }).click();
        await ada.goOffline();
        await ada.goTo("Home");
        await ada.post("waits");
        await expect(mark(ada.row("waits"), WAITS)).toBeVisible();
        await look(page, "offline");
      });

      test("what was refused is accessible, on its row and in the panel", async ({ page, api }) => {
        await conflict(page, api);
        await look(page, "a row with a failure");
        await openPanel(page);
        await look(page, "the panel with a failure");
      });

      test("what stands where there is no app is accessible", async ({ page }) => {
        await page.goto("/inspector");
        await expect(page.getByRole("heading", { name: "Nobody is signed in" })).toBeVisible();
        await look(page, "inspector without anybody");
        await page.goto("/");
        await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
        const [worker] = page.workers();
        await worker?.evaluate((why) => void setTimeout(() => { throw new Error(why); }), LOST.source);
        await expect(page.getByRole("heading", { name: "This tab must be reloaded" })).toBeVisible();
        await look(page, "stopped");
        await page.goto("about:blank");
        await page.setContent(await unbuilt());
        await expect(page.getByRole("main")).toContainText("cargo xtask web");
        await look(page, "server without the app");
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

for (const lacking of ["Worker", "WebAssembly"]) {
  test(`a browser that lacks ${lacking} is told so`, async ({ page, site }) => {
    await page.addInitScript((name) => void Reflect.deleteProperty(globalThis, name), lacking);
    await page.goto(site);
    await expect(page.getByRole("heading", { name: "This browser lacks what this app needs" })).toBeVisible();
    await expect(page.getByRole("main")).toContainText(lacking);
  });
}

for (const [where, script] of [["/", "**/app/main.js"], ["/inspector", "**/app/inspector/main.js"]]) {
  test.describe(`at ${where}`, () => {
    test.use({ allowed: or(CUT, /SyntaxError|Invalid or unexpected token/) });

    test("a browser that cannot read what is served is told that it is too old", async ({ page }) => {
      // As a class with `#private` is to one that does not know them.
      await page.route(script, (route) => route.fulfill({ body: "class Client { @private }", contentType: "text/javascript" }));
      await page.goto(where);
      await expect(page.getByRole("heading", { name: "This browser is too old for this app" })).toBeVisible();
      await expect(page.getByRole("main")).toHaveCount(1);
    });

    test("a part of the page that does not arrive is missed in words", async ({ page }) => {
      await page.route(/\/package\/(part-|index\.js)/, (route) => route.abort());
      await page.goto(where);
      await expect(page.getByRole("heading", { name: "This app could not be loaded" })).toBeVisible();
    });
  });
}

test.describe("a queue that is longer than what is listed", () => {
  test.use({ allowed: CUT });

  test("is counted, and exported whole", async ({ page }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await page.goto("/inspector");
    await page.getByRole("switch", { name: "Offline" }).click();
    await expect(page.getByText(/^offline: 0 pending/)).toBeVisible();
    await page.evaluate(async (count) => {
      const { openClient } = await import(/** @type {any} */ ("/package/index.js"));
      const client = await openClient();
      await client.mutate(...Array.from({ length: count }, () => ({ post: { create: { id: client.newId(), text: "one of many", media: [] } } })));
      await client.close();
    }, 501);
    await expect(page.getByRole("img", { name: "501 items in 150 lanes" })).toBeVisible();
    await expect(page.getByText("and 351 more")).toBeVisible();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export the queue" }).click()]);
    const { items } = JSON.parse(await readFile(await download.path(), "utf8"));
    assert.equal(items.length, 501);
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the page says that it needs it", async ({ page, site }) => {
    await page.goto(site);
    await expect(page.getByRole("heading", { name: "This app needs JavaScript" })).toBeVisible();
  });
});
