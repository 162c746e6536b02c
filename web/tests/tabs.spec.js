/**
 * Several tabs, and browsers that die: one tab holds the database, every tab can write, nothing is lost or doubled.
 */
import { expect, newPerson, test } from "./support/fixtures.js";
import { mark, SENT, Someone, WAITS } from "./support/someone.js";

/** How often the tab that leads goes: it dies, but every sixth time, when it is closed. */
const TAKEOVERS = 60;

/** @param {import("./support/api.js").Api} api @param {import("./support/api.js").Person} person */
async function arrived(api, person) {
  const there = await api.signIn(person);
  const texts = [];
  let cursor = "";
  do {
    const page = await there.get(`/v1/users/${there.account.id}/posts${cursor}`);
    texts.push(...page.items.map((/** @type {any} */ post) => post.text));
    cursor = page.next ? `?cursor=${encodeURIComponent(page.next)}` : "";
  } while (cursor);
  return texts.sort();
}

test("a tab that does not lead writes, is shown at once in both, and what it wrote arrives once", async ({ page, context, api }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  const second = new Someone(await context.newPage(), ada.person);
  await second.page.goto("/");
  await expect(second.composer).toBeVisible();
  await second.post("from the second tab");
  await expect(mark(second.row("from the second tab"), SENT)).toBeVisible();
  await expect(mark(ada.row("from the second tab"), SENT)).toBeVisible();
  await ada.post("from the first tab");
  await expect(mark(second.row("from the first tab"), SENT)).toBeVisible();
  expect(await arrived(api, ada.person)).toEqual(["from the first tab", "from the second tab"]);
});

/** The process of a page dies, as of a tab that used too much memory. @param {import("@playwright/test").Page} page */
async function crash(page) {
  const chromium = await page.context().newCDPSession(page);
  // Nobody is left to answer.
  chromium.send("Page.crash").catch(() => undefined);
  await page.waitForEvent("crash");
}

test("when the tab that leads is closed or dies another takes over within two seconds", async ({ page, context, api }) => {
  test.setTimeout(60_000 + TAKEOVERS * 10_000);
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  let leader = ada;
  const texts = [];
  for (let turn = 0; turn < TAKEOVERS; turn++) {
    const next = new Someone(await context.newPage(), ada.person);
    await next.page.goto("/");
    await expect(next.composer).toBeVisible();
    const text = `turn ${String(turn).padStart(2, "0")}`;
    texts.push(text);
    // Written while the one that leads goes: by whichever way, it is kept.
    await Promise.all([next.post(text), turn % 6 === 0 ? leader.page.close() : crash(leader.page)]);
    await expect(mark(next.row(text), SENT)).toBeVisible({ timeout: 2_000 });
    await leader.page.close();
    leader = next;
  }
  expect(await arrived(api, ada.person)).toEqual(texts);
});

test("what was written offline survives a killed browser, and then arrives once", async ({ killable, site, api }) => {
  const person = newPerson();
  const ada = new Someone(await killable.newPage(), person);
  await ada.signUp(site);
  await ada.keepsShell();
  await ada.goOffline();
  await ada.post("written before the end");
  await expect(mark(ada.row("written before the end"), WAITS)).toBeVisible();
  await killable.kill();

  await killable.open();
  const again = new Someone(await killable.newPage(), person);
  await again.page.goto(site);
  await expect(mark(again.row("written before the end"), SENT)).toBeVisible();
  expect(await arrived(api, person)).toEqual(["written before the end"]);
});

test.describe("where nobody leads for a while", () => {
  // A page that is none of the app's has no icon.
  test.use({ allowed: /status of 404/ });

  /**
   * A client of somebody new, on a page that is none of the app's, and somebody who holds the lock of its database, so that it follows nobody until they let go.
   * @param {import("@playwright/test").Page} page
   */
  async function leaderless(page) {
    await page.goto("/app/gallery.html");
    return page.evaluateHandle(async ({ name, password }) => {
      const { openClient } = await import(/** @type {any} */ ("/package/index.js"));
      const first = await openClient();
      await first.signUp(name, password);
      const post = first.newId();
      await first.mutate({ post: { create: { id: post, text: "as it was", media: [] } } });
      const { held } = await navigator.locks.query();
      const lock = held?.find((one) => /^outrigger:\w+$/.test(one.name ?? ""))?.name ?? "";
      await first.close();
      const letGo = await new Promise((/** @type {(letGo: () => void) => void} */ took) => {
        navigator.locks.request(lock, () => new Promise((resolve) => took(() => resolve(undefined))));
      });
      const client = await openClient();
      const leads = new Promise((resolve) => client.addEventListener("role", () => client.role === "leader" && resolve(undefined)));
      return { client, post, letGo, leads };
    }, newPerson());
  }

  test("what a tab wrote before it leads stays before what it writes then", async ({ page }) => {
    const alone = await leaderless(page);
    const shown = await alone.evaluate(async ({ client, post, letGo, leads }) => {
      const say = (/** @type {string} */ text) => client.mutate({ post: { update: { id: post, text } } });
      await say("written while nobody leads");
      letGo();
      await leads;
      await say("written by who leads");
      return (await client.query({ query: "post", post })).text;
    });
    expect(shown).toBe("written by who leads");
  });

  test("a picture that a tab has copied before it leads goes with what it writes then", async ({ page }) => {
    const alone = await leaderless(page);
    const outcome = await alone.evaluate(async ({ client, letGo, leads }) => {
      const canvas = new OffscreenCanvas(4, 4);
      canvas.getContext("2d")?.fillRect(0, 0, 2, 2);
      const { media, staged } = await client.stage(await canvas.convertToBlob());
      letGo();
      await leads;
      const mutation = { post: { create: { id: client.newId(), text: "from the pier", media: [media] } } };
      const written = await client.mutate({ mutation, files: [staged] });
      return written.synced;
    });
    expect(outcome).toEqual({ outcome: "synced" });
  });

  test("what was kept and is refused by who leads is told once, with its reason, also after a reload", async ({ page }) => {
    const alone = await leaderless(page);
    const told = await alone.evaluate(async ({ client, letGo }) => {
      const written = await client.mutate({ comment: { create: { id: client.newId(), post: client.newId(), parent: null, text: "on a post that nobody has" } } });
      const synced = written.synced.then(
        () => "synced",
        (/** @type {any} */ error) => error.kind,
      );
      letGo();
      const outcome = await synced;
      // Nobody has listened so far: it is told to who comes.
      const refused = await new Promise((resolve) => client.addEventListener("refused", (/** @type {any} */ event) => resolve(event.detail)));
      await client.close();
      const { openClient } = await import(/** @type {any} */ ("/package/index.js"));
      const again = await openClient();
      const more = [];
      again.addEventListener("refused", (/** @type {any} */ event) => more.push(event.detail.message));
      await again.query({ query: "me" });
      await again.close();
      return { outcome, kind: refused.kind, isError: refused instanceof Error, more };
    });
    expect(told).toEqual({ outcome: "missing", kind: "missing", isError: true, more: [] });
  });
});
