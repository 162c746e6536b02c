/**
 * The app, as people use it: written offline, found again after a reload, sent once, and every row the same element from the first moment on.
 */
import { CUT, expect, newPerson, or, test } from "./support/fixtures.js";
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

  test("a conversation is begun, and a message with a picture waits in it", async ({ page, person, browser, site }) => {
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

    const other = new Someone(await (await browser.newContext({ baseURL: site })).newPage(), person);
    await other.signIn();
    await other.goTo("Messages");
    await other.page.getByRole("link", { name: new RegExp(ada.person.name) }).click();
    await expect(other.row("see you at seven").locator("img")).toHaveCount(1);
    await other.context.close();
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
  test.use({ allowed: or(CUT, /the server responded with a status of 4/) });

  /**
   * Ada edits her post offline, while she changes it on another device too: her edit here is refused, and waits for her.
   * @param {import("@playwright/test").Page} page
   * @param {import("./support/api.js").Api} api
   */
  async function conflict(page, api) {
    const ada = new Someone(page, newPerson());
    await ada.signUp();
    await ada.post("as it was");
    await expect(mark(ada.row("as it was"), SENT)).toBeVisible();
    await ada.goOffline();
    await ada.row("as it was").getByRole("button", { name: "Edit your post" }).click();
    await page.getByRole("textbox", { name: "Edit your post" }).fill("as written here");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(mark(ada.row("as written here"), WAITS)).toBeVisible();

    const there = await api.signIn(ada.person);
    const { items: posts } = await there.get(`/v1/users/${there.account.id}/posts`);
    await there.send("PATCH", `/v1/posts/${posts[0].id}`, { text: "as written elsewhere" });
    await ada.goOnline();
    const refused = page.getByRole("group", { name: "Your post was not sent" });
    await expect(refused).toBeVisible();
    const text = async () => (await there.get(`/v1/posts/${posts[0].id}`)).text;
    return { ada, refused, text };
  }

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

/** Opens the panel of `<sync-status>` in the app. @param {import("@playwright/test").Page} page */
async function openPanel(page) {
  const status = page.locator("sync-status");
  await status.locator(".more").click();
  await expect(status.getByRole("dialog")).toBeVisible();
  return status.getByRole("dialog");
}

test("two people follow, like and comment", async ({ page, browser, site }) => {
  const ada = new Someone(page, newPerson());
  const bob = new Someone(await (await browser.newContext({ baseURL: site })).newPage(), newPerson("bob"));
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
  await bob.context.close();
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

test("a form says what is wrong with it in words", async ({ page, person }) => {
  await page.goto("/");
  const other = new Someone(page, { ...person, password: "not this one" });
  await page.getByLabel("Name").fill(other.person.name);
  await page.getByLabel("Password").fill(other.person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).not.toBeEmpty();
});
