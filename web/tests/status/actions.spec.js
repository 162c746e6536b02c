/** What a tap does: with a client, and without one. */
import { blank, calls, expect, FAILED, IDLE, OFFLINE, samples, set, test, withClient } from "../support/page.js";

const act = (status) => status.locator(".act");
const panel = (status) => status.getByRole("dialog");

/** Remembers the events of the element, told as far as they bubble; cancels those named. */
async function listen(page, cancelled = []) {
  await page.evaluate((cancelled) => {
    window.heard = [];
    for (const type of ["retry", "open", "action"]) {
      document.body.addEventListener(type, (event) => {
        window.heard.push([type, event.detail]);
        if (cancelled.includes(type)) {
          event.preventDefault();
        }
      });
    }
  }, cancelled);
  return () => page.evaluate(() => window.heard.splice(0));
}

test("a tap on what failed tries all of it again, and tells the page", async ({ page }) => {
  const status = await blank(page);
  await withClient(status, FAILED, []);
  const heard = await listen(page);
  await act(status).click();
  expect(await heard()).toEqual([["retry", { action: "retry_all" }]]);
  expect(await calls(page)).toEqual([["retryFailed"]]);
});

test("a cancelled event is the page's to answer", async ({ page }) => {
  const status = await blank(page);
  await withClient(status, FAILED, []);
  await listen(page, ["retry", "open"]);
  await act(status).click();
  await status.locator(".more").click();
  await expect(panel(status)).toBeHidden();
  expect(await calls(page)).toEqual([]);
});

test("where nothing could be tried again, the panel says why", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await withClient(status, { ...FAILED, failed: 1 }, [parked[3]]);
  await page.evaluate(() => (window.answers = { retryFailed: () => 0 }));
  await act(status).click();
  await expect(panel(status)).toBeVisible();
  await expect(panel(status)).toContainText("It may have arrived already");
});

test("a session that ended asks the page to sign in, with nothing in front of it", async ({ page }) => {
  const status = await blank(page);
  await withClient(status, { ...FAILED, failed: 0, pending: 2, cause: "sign_in" }, []);
  const heard = await listen(page);
  await expect(act(status)).toHaveText("Signed out. Tap to sign in");
  await act(status).click();
  await status.locator(".more").click();
  await panel(status).getByRole("button", { name: "Sign in" }).click();
  await expect(panel(status)).toBeHidden();
  expect(await heard()).toEqual([["action", { action: "sign_in" }], ["open", null], ["action", { action: "sign_in" }]]);
  expect(await calls(page)).toEqual([]);
});

test("a restored server is accepted in the panel, not by one tap", async ({ page }) => {
  const status = await blank(page);
  await withClient(status, { ...FAILED, failed: 0, cause: "server_restored", message: "another database" }, []);
  await act(status).click();
  expect(await calls(page)).toEqual([]);
  await expect(panel(status)).toContainText("another database");
  await panel(status).getByRole("button", { name: "Go on with this server" }).click();
  expect(await calls(page)).toEqual([["acceptServer"]]);
});

test("each row is retried, edited, discarded", async ({ page }) => {
  const status = await blank(page);
  const { parked, dependant } = await samples(page);
  const [changed, , post] = parked;
  await withClient(status, { ...FAILED, failed: 5, pending: 1 }, [...parked, dependant]);
  await status.locator(".more").click();
  const row = (words) => panel(status).getByRole("listitem").filter({ hasText: words });

  await row("regatta").getByRole("button", { name: "Retry" }).click();
  expect(await calls(page)).toEqual([["retry", changed.mutation]]);

  await row("New sails").getByRole("button", { name: "Edit" }).click();
  await expect(row("New sails").getByRole("textbox")).toHaveValue("New sails, at last.");
  await row("New sails").getByRole("textbox").fill("New sails. ⛵");
  await row("New sails").getByRole("button", { name: "Save and send" }).click();
  const { create } = JSON.parse(post.payload).post;
  expect(await calls(page)).toEqual([["edit", post.mutation, { post: { create: { ...create, text: "New sails. ⛵" } } }]]);

  await row("New sails").getByRole("button", { name: "Discard" }).click();
  await expect(row("New sails")).toContainText("It may have arrived already. If so, it is taken back.");
  await expect(row("New sails")).toContainText("1 more waits for it:");
  await expect(row("New sails").locator(".along")).toHaveText("Like");
  await row("New sails").getByRole("button", { name: "Keep it" }).click();
  expect(await calls(page)).toEqual([]);
  await row("New sails").getByRole("button", { name: "Discard" }).click();
  await row("New sails").getByRole("group").getByRole("button", { name: "Discard", exact: true }).click();
  expect(await calls(page)).toEqual([["discard", post.mutation]]);

  // What cannot be read cannot be sent.
  await expect(row("poll.create").getByRole("button")).toHaveText(["Discard"]);
  await panel(status).getByRole("button", { name: "Retry all" }).click();
  expect(await calls(page)).toEqual([["retryFailed"]]);
});

test("what is refused is said where it was asked, and the text is not lost", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await withClient(status, { ...FAILED, failed: 1 }, [parked[2]]);
  await page.evaluate(() => {
    window.answers = { edit: () => Promise.reject(new Error("the text is empty: write something")) };
  });
  await status.locator(".more").click();
  await panel(status).getByRole("button", { name: "Edit" }).click();
  await panel(status).getByRole("textbox").fill(" ");
  await panel(status).getByRole("textbox").press("Control+Enter");
  await expect(panel(status).getByRole("alert").filter({ hasText: "write something" })).toBeVisible();
  await expect(panel(status).getByRole("textbox")).toHaveValue(" ");
});

test("an editor outlives what comes in meanwhile", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await withClient(status, { ...FAILED, failed: 5 }, parked);
  await status.locator(".more").click();
  await panel(status).getByRole("button", { name: "Edit: Post" }).click();
  await panel(status).getByRole("textbox").fill("half a sen");
  await page.evaluate(([state, items]) => {
    window.items = items.slice(1);
    window.tell({ ...state, failed: 4 });
  }, [FAILED, parked]);
  await expect(panel(status).getByRole("listitem")).toHaveCount(4);
  await expect(panel(status).getByRole("textbox")).toBeFocused();
  await expect(panel(status).getByRole("textbox")).toHaveValue("half a sen");
});

test("the user goes offline and online again", async ({ page }) => {
  const status = await blank(page);
  await withClient(status, { ...OFFLINE, next_attempt_in_ms: 60_000 }, []);
  await status.locator(".more").click();
  const offline = panel(status).getByRole("switch", { name: "Work offline" });
  await expect(offline).not.toBeChecked();
  await offline.click();
  await page.evaluate((state) => window.tell({ ...state, cause: "by_choice" }), OFFLINE);
  await expect(offline).toBeChecked();
  await offline.click();
  expect(await calls(page)).toEqual([["setOnline", false], ["setOnline", true]]);
});

test("without a client the page is told what is wanted", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await set(status, { state: { ...FAILED, failed: 1 }, items: [parked[1]] });
  const heard = await listen(page);
  await status.locator(".more").click();
  await panel(status).getByRole("button", { name: "Retry" }).click();
  await panel(status).getByRole("switch").click();
  expect(await heard()).toEqual([
    ["open", null],
    ["action", { action: "retry", mutation: parked[1].mutation }],
    ["action", { action: "set_online", online: false }],
  ]);
});

test("uploads are listed apart, with their bytes", async ({ page }) => {
  const status = await blank(page);
  const { panels } = await samples(page);
  const { state, items } = panels.find(({ name }) => name === "syncing");
  await set(status, { state, items });
  await status.locator(".more").click();
  await expect(panel(status)).toContainText("1.3 MB of 14 MB uploaded");
  await expect(panel(status).getByRole("listitem").filter({ hasText: "Picture" })).toContainText("2.4 MB");
});

test("what people wrote is text, and stays text", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  const text = "<img src=x onerror=alert(1)>";
  const evil = { ...parked[2], payload: JSON.stringify({ post: { create: { text } } }), name: "post.create" };
  await set(status, { state: { ...FAILED, failed: 1 }, items: [evil] });
  await status.locator(".more").click();
  await expect(panel(status).locator(".row-excerpt")).toHaveText(text);
});

test("a long queue is counted, not drawn", async ({ page }) => {
  const status = await blank(page);
  const { dependant } = await samples(page);
  const items = Array.from({ length: 1_000 }, (_, n) => ({ ...dependant, mutation: `m${n}`, state: "ready", waits_for: [] }));
  await set(status, { state: { ...OFFLINE, pending: 100_000 }, items });
  await status.locator(".more").click();
  await expect(panel(status).getByRole("heading", { name: "100000 waiting" })).toBeVisible();
  await expect(panel(status).getByRole("listitem")).toHaveCount(50);
  await expect(panel(status)).toContainText("and 99950 more");
});

test("what failed behind a long queue has its row, too", async ({ page }) => {
  const status = await blank(page);
  const { parked, dependant } = await samples(page);
  const items = Array.from({ length: 600 }, (_, n) => ({ ...dependant, mutation: `m${n}`, state: "ready", waits_for: [] }));
  await withClient(status, { ...FAILED, failed: 1, pending: 600 }, [...items, parked[2]]);
  await status.locator(".more").click();
  await panel(status).getByRole("listitem").filter({ hasText: "New sails" }).getByRole("button", { name: "Retry" }).click();
  expect(await calls(page)).toEqual([["retry", parked[2].mutation]]);
});

test("a message is edited while it is parked, not on its way", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  const waiting = { ...parked[3], mutation: "m1", state: "ready", parked: null };
  await withClient(status, { ...FAILED, failed: 1, pending: 1 }, [parked[3], waiting]);
  await status.locator(".more").click();
  await expect(panel(status).getByRole("listitem")).toHaveCount(2);
  await panel(status).getByRole("button", { name: "Edit" }).click();
  await panel(status).getByRole("textbox").fill("Bring both lines.");
  await panel(status).getByRole("button", { name: "Save and send" }).click();
  const { create } = JSON.parse(parked[3].payload).message;
  expect(await calls(page)).toEqual([["edit", parked[3].mutation, { message: { create: { ...create, text: "Bring both lines." } } }]]);
});

test("all that arrived while the panel was open is gone from it", async ({ page }) => {
  const status = await blank(page);
  const { parked } = await samples(page);
  await withClient(status, { ...FAILED, failed: 1 }, [parked[1]]);
  await status.locator(".more").click();
  await expect(panel(status).getByRole("listitem")).toHaveCount(1);
  await page.evaluate((state) => {
    window.items = [];
    window.tell(state);
  }, IDLE);
  await expect(panel(status).getByRole("heading", { name: "Everything has arrived" })).toBeVisible();
  await expect(panel(status).getByRole("listitem")).toHaveCount(0);
});
