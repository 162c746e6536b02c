/**
 * The app, as people use it: written offline, found again after a reload, sent once, and every row the same element from the first moment on.
 */
import { conflict, openPanel } from "./support/conflict.js";
import { CUT, expect, newPerson, or, REFUSED, test } from "./support/fixtures.js";
import { Newer } from "./support/newer.js";
import { mark, picture, SENT, Someone, WAITS } from "./support/someone.js";

test.describe("without a network", () => {
  test.use({ allowed: CUT });

  test("what is written with pictures survives a reload, and then arrives once", async ({ page, api }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.keepsShell();
    await ada.goOffline();
    await ada.post("from the pier", [picture(1), picture(2)]);
    await expect(mark(ada.row("from the pier"), WAITS)).toBeVisible();

    await page.reload();
    const row = ada.row("from the pier");
    await expect(mark(row, WAITS)).toBeVisible();
    await expect(row.getByRole("button", { name: /^Picture \d of 2/ })).toHaveCount(2);
    await expect(row.locator("img")).toHaveCount(2);

    await ada.goOnline();
    await expect(mark(row, SENT)).toBeVisible();
    const there = await api.signIn(ada.person);
    const { items: posts } = await there.get(`/v1/users/${there.account.id}/posts`);
    expect(posts.map((/** @type {any} */ post) => [post.text, post.media.length])).toEqual([["from the pier", 2]]);
  });

  test("a conversation is begun, and a message with a picture waits in it", async ({ page, person, newContext }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.keepsShell();
    await ada.find(person.name);
    await page.getByRole("link", { name: "Message", exact: true }).click();
    await ada.goOffline();
    await ada.say("see you at seven", picture(3));
    await expect(mark(ada.row("see you at seven"), WAITS)).toBeVisible();
    await ada.goOnline();
    await expect(mark(ada.row("see you at seven"), SENT)).toBeVisible();

    const other = new Someone(await (await newContext()).newPage(), person);
    await other.signIn();
    await other.goTo("Messages");
    await other.page.getByRole("link", { name: new RegExp(ada.person.name) }).click();
    await expect(other.row("see you at seven").locator("img")).toHaveCount(1);
  });

  test("signing out asks what is to become of what waits, and keeps it", async ({ page }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.goOffline();
    await ada.post("kept for later");
    await ada.goTo("You");
    await page.getByRole("button", { name: "Sign out" }).click();
    const question = page.getByRole("dialog", { name: "Sign out?" });
    await expect(question).toContainText("1 change not sent yet");
    await question.getByRole("button", { name: "Keep" }).click();
    await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
    await ada.goOnline();
    await ada.signIn();
    await ada.goTo("You");
    await expect(mark(ada.row("kept for later"), SENT)).toBeVisible();
  });
});

test("a row is the same element before and after the server has answered", async ({ page }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await ada.post("first");
  await ada.post("second");
  const row = ada.row("first");
  const element = await row.elementHandle();
  await expect(mark(row, SENT)).toBeVisible();
  await expect(mark(ada.row("second"), SENT)).toBeVisible();
  // Not only the row: also what is in it, so that nothing flickers and no focus is lost.
  expect(await element?.evaluate((one) => one.isConnected && one === document.querySelectorAll("article")[1])).toBe(true);
});

test.describe("while the server is silent", () => {
  test.use({ allowed: CUT });

  test("a like shows at once", async ({ page, server }) => {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.post("like me");
    await expect(mark(ada.row("like me"), SENT)).toBeVisible();
    server.freeze();
    const took = await page.evaluate(async () => {
      const like = /** @type {HTMLElement} */ (document.querySelector("article .like"));
      const began = performance.now();
      like.click();
      while (like.getAttribute("aria-pressed") !== "true") await new Promise(requestAnimationFrame);
      return performance.now() - began;
    });
    server.thaw();
    // Generous for busy machines; what matters is that no answer was waited for.
    expect(took).toBeLessThan(500);
    await expect(ada.row("like me").getByRole("button", { name: "Like, 1 like" })).toHaveAttribute("aria-pressed", "true");
  });
});

test.describe("what the server has refused", () => {
  test.use({ allowed: or(CUT, REFUSED) });

  test("can be tried again from its row", async ({ page, api }) => {
    const { ada, refused, text } = await conflict(page, api);
    await refused.getByRole("button", { name: "Retry" }).click();
    await expect(mark(ada.row("as written here"), SENT)).toBeVisible();
    expect(await text()).toBe("as written here");
  });

  test("can be changed on its row", async ({ page, api }) => {
    const { ada, refused, text } = await conflict(page, api);
    await refused.getByRole("button", { name: "Edit" }).click();
    const field = page.getByRole("textbox", { name: "Change your post and send it again" });
    await expect(field).toBeFocused();
    await field.fill("as agreed");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(mark(ada.row("as agreed"), SENT)).toBeVisible();
    await expect(refused).toBeHidden();
    expect(await text()).toBe("as agreed");
  });

  test("can be tried again from the panel", async ({ page, api }) => {
    const { ada, text } = await conflict(page, api);
    const panel = await openPanel(page);
    await panel.getByRole("listitem").getByRole("button", { name: "Retry" }).click();
    await expect(mark(ada.row("as written here"), SENT)).toBeVisible();
    await expect(panel.getByRole("heading", { name: "Everything has arrived" })).toBeVisible();
    expect(await text()).toBe("as written here");
  });

  test("can be changed in the panel", async ({ page, api }) => {
    const { ada, text } = await conflict(page, api);
    const panel = await openPanel(page);
    await panel.getByRole("button", { name: "Edit" }).click();
    await panel.getByRole("textbox").fill("as agreed");
    await panel.getByRole("button", { name: "Save and send" }).click();
    await expect(mark(ada.row("as agreed"), SENT)).toBeVisible();
    expect(await text()).toBe("as agreed");
  });

  test("can be discarded in the panel", async ({ page, api }) => {
    const { ada, refused, text } = await conflict(page, api);
    const panel = await openPanel(page);
    await panel.getByRole("button", { name: "Discard" }).click();
    await panel.getByRole("group").getByRole("button", { name: "Discard", exact: true }).click();
    await expect(refused).toBeHidden();
    await expect(ada.row("as written here")).toHaveCount(0);
    expect(await text()).toBe("as written elsewhere");
  });

  test("can be discarded on its row", async ({ page, api }) => {
    const { ada, refused, text } = await conflict(page, api);
    await refused.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("dialog", { name: "Discard your post?" }).getByRole("button", { name: "Discard" }).click();
    await expect(refused).toBeHidden();
    await expect(ada.row("as written here")).toHaveCount(0);
    expect(await text()).toBe("as written elsewhere");
  });
});

test("two people follow, like and comment", async ({ page, newContext }) => {
  const ada = new Someone(page, newPerson());
  const bob = new Someone(await (await newContext()).newPage(), newPerson("bob"));
  await Promise.all([ada.signUp(), bob.signUp()]);
  await ada.post("who sails tomorrow?");
  await expect(mark(ada.row("who sails tomorrow?"), SENT)).toBeVisible();

  await bob.find(ada.person.name);
  await bob.page.getByRole("button", { name: "Follow", exact: true }).click();
  await expect(bob.page.getByRole("button", { name: "Following" })).toBeVisible();
  await bob.row("who sails tomorrow?").getByRole("button", { name: "Like, 0 likes" }).click();
  await bob.openThread("who sails tomorrow?");
  await bob.comment("I do");
  await expect(mark(bob.row("I do"), SENT)).toBeVisible();

  await ada.openThread("who sails tomorrow?");
  await expect(ada.row("I do")).toBeVisible();
  await expect(ada.page.getByRole("button", { name: "Like, 1 like" })).toBeVisible();
});

test("everything can be done by the keyboard alone", async ({ page }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  for (let pressed = 0; pressed < 20 && !(await ada.composer.evaluate((one) => one === document.activeElement)); pressed += 1) {
    await page.keyboard.press("Tab");
  }
  await expect(skip).toBeAttached();
  await expect(ada.composer).toBeFocused();
  await page.keyboard.type("typed only");
  await page.keyboard.press("Control+Enter");
  await expect(mark(ada.row("typed only"), SENT)).toBeVisible();
  await ada.row("typed only").getByRole("button", { name: "Delete your post" }).focus();
  await page.keyboard.press("Enter");
  const question = page.getByRole("dialog", { name: "Delete your post?" });
  await question.getByRole("button", { name: "Delete" }).focus();
  await page.keyboard.press("Enter");
  await expect(ada.row("typed only")).toHaveCount(0);
});

test("what somebody has begun to write is not shown to whoever comes next, in whichever tab", async ({ page, context, person, site }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await page.goto("/#/everyone");
  await ada.composer.fill("half a thought");
  await page.reload();
  await expect(ada.composer).toHaveValue("half a thought");
  // As of a tab that the browser has let go of: it is there again once somebody looks at it.
  await page.goto("about:blank");

  const bob = new Someone(await context.newPage(), person);
  await bob.page.goto("/");
  await bob.goTo("You");
  await bob.page.getByRole("button", { name: "Sign out" }).click();
  await bob.page.getByRole("dialog", { name: "Sign out?" }).getByRole("button", { name: "Sign out" }).click();
  await expect(bob.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await bob.signIn();

  await page.goto("/#/everyone");
  await expect(page).toHaveURL(`${site}/#/`);
  await expect(ada.composer).toHaveValue("");
});

test("where the browser remembers nothing of a tab, the app works", async ({ page }) => {
  await page.addInitScript(() => {
    const denied = () => {
      throw new DOMException("denied", "SecurityError");
    };
    Object.defineProperty(window, "sessionStorage", { get: denied });
  });
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await ada.post("by heart");
  await expect(mark(ada.row("by heart"), SENT)).toBeVisible();
});

test.describe("a new version", () => {
  test.use({ allowed: CUT });

  test("is taken in all tabs, also in that of a first visit", async ({ newContext, site }) => {
    const newer = await Newer.open(site);
    const context = await newContext(newer.url);
    const ada = new Someone(await context.newPage(), newPerson());
    await ada.signUp();
    await ada.keepsShell();
    newer.version = "feedfacefeedface";
    const second = await context.newPage();
    await second.goto("/");
    const use = ada.page.getByRole("region", { name: "Notices" }).getByRole("button", { name: "Use it now" });
    await expect(use).toBeVisible();
    await Promise.all([ada.page.waitForEvent("load"), second.waitForEvent("load"), use.click()]);
    await expect(ada.composer).toBeVisible();
    await context.close();
    await newer.close();
  });
});

test("woken by the browser, the app sends; where it is not open, the browser is to try again", async ({ page, context }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await ada.keepsShell();
  const [worker] = context.serviceWorkers();
  /** What becomes of an event as the browser sends it. */
  const wake = () =>
    worker?.evaluate(() => {
      const { ExtendableEvent } = /** @type {any} */ (globalThis);
      return new Promise((resolve) => {
        const waitUntil = (/** @type {Promise<unknown>} */ done) => done.then(() => resolve("sent"), () => resolve("again"));
        dispatchEvent(Object.assign(new ExtendableEvent("sync"), { waitUntil }));
      });
    });
  expect(await wake()).toBe("sent");
  await page.goto("about:blank");
  expect(await wake()).toBe("again");
});

test("a form says what is wrong with it in words", async ({ page, person }) => {
  await page.goto("/");
  const other = new Someone(page, { ...person, password: "not this one" });
  await page.getByLabel("Name").fill(other.person.name);
  await page.getByLabel("Password").fill(other.person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).not.toBeEmpty();
});
