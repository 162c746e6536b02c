/** Where states may come from: a plain object, an event target, an async iterable, a subscription, a client. */
import { blank, expect, FAILED, IDLE, OFFLINE, set, SYNCING, test, withClient } from "../support/page.js";

const text = (status) => status.locator(".pill .text");

test("a plain object is shown, and idle takes no room", async ({ page }) => {
  const status = await blank(page);
  const height = () => page.locator("main").evaluate((main) => main.getBoundingClientRect().height);
  const empty = await height();
  await set(status, { state: OFFLINE });
  await expect(text(status)).toHaveText("Offline · 3 waiting");
  expect(await height()).toBeGreaterThan(empty);
  await set(status, { state: IDLE });
  await expect(text(status)).toBeHidden();
  expect(await height()).toBe(empty);
  await set(status, { state: SYNCING });
  await expect(text(status)).toHaveText("Syncing 5 items...");
  await set(status, { state: null });
  await expect(text(status)).toBeHidden();
});

test("idle leaves no gap in a row of things, whatever margin the page gave it", async ({ page }) => {
  const status = await blank(page);
  const width = await status.evaluate((element) => {
    element.state = null;
    element.style.margin = "0 20px";
    const before = document.createElement("b");
    before.textContent = "a";
    const after = before.cloneNode(true);
    const row = element.parentElement;
    row.style.display = "flex";
    row.style.gap = "40px";
    row.prepend(before);
    row.append(after);
    return after.getBoundingClientRect().left - before.getBoundingClientRect().right;
  });
  expect(width).toBe(40);
});

test("an event target with `current`", async ({ page }) => {
  const status = await blank(page);
  await status.evaluate((element, [first, next]) => {
    const states = Object.assign(new EventTarget(), { current: first });
    element.source = states;
    window.next = () => {
      states.current = next;
      states.dispatchEvent(new CustomEvent("change", { detail: next }));
    };
  }, [SYNCING, FAILED]);
  await expect(text(status)).toHaveText("Syncing 5 items...");
  await page.evaluate(() => window.next());
  await expect(text(status)).toHaveText("Sync failed. Tap to retry");
});

test("an async iterable, let go of when the element leaves the page", async ({ page }) => {
  const status = await blank(page);
  await status.evaluate((element, states) => {
    window.released = false;
    element.source = {
      async *[Symbol.asyncIterator]() {
        try {
          for (const state of states) {
            yield state;
            await new Promise((resolve) => (window.step = resolve));
          }
        } finally {
          window.released = true;
        }
      },
    };
  }, [SYNCING, OFFLINE]);
  await expect(text(status)).toHaveText("Syncing 5 items...");
  await page.evaluate(() => window.step());
  await expect(text(status)).toHaveText("Offline · 3 waiting");
  await status.evaluate((element) => element.remove());
  await page.evaluate(() => window.step());
  await expect.poll(() => page.evaluate(() => window.released)).toBe(true);
});

test("a subscription, as a function or an object, ended when another source is set", async ({ page }) => {
  const status = await blank(page);
  const ended = await status.evaluate((element, state) => {
    const ended = [];
    element.source = (listener) => {
      listener(state);
      return () => ended.push("function");
    };
    element.source = {
      subscribe(listener) {
        listener({ ...state, pending: 7 });
        return { unsubscribe: () => ended.push("object") };
      },
    };
    const shown = element.shadowRoot.querySelector(".text").textContent;
    element.source = null;
    return [shown, ...ended];
  }, OFFLINE);
  expect(ended).toEqual(["Offline · 7 waiting", "function", "object"]);
});

test("a client brings its states along", async ({ page }) => {
  const status = await blank(page);
  await withClient(status, IDLE, []);
  await expect(text(status)).toBeHidden();
  await page.evaluate((state) => window.tell(state), SYNCING);
  await expect(text(status)).toHaveText("Syncing 5 items...");
});

test("what was set before the element was defined is taken over", async ({ page }) => {
  await page.goto("/tests/support/late.html");
  await expect(page.locator("sync-status .text")).toHaveText("Offline");
});
