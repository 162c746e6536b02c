/**
 * A write that the server refuses, as it comes about between two devices of one person.
 *
 * Owns the story up to where it waits for the user. What they do about it is the test's.
 */
import { expect, newPerson } from "./fixtures.js";
import { mark, SENT, Someone, WAITS } from "./someone.js";

/**
 * Ada edits her post offline, while she changes it on another device too: her edit here is refused, and waits for her.
 * @param {import("@playwright/test").Page} page
 * @param {import("./api.js").Api} api
 */
export async function conflict(page, api) {
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

/** Opens the panel of `<sync-status>` in the app. @param {import("@playwright/test").Page} page */
export async function openPanel(page) {
  const status = page.locator("sync-status");
  await status.locator(".more").click();
  await expect(status.getByRole("dialog")).toBeVisible();
  return status.getByRole("dialog");
}
