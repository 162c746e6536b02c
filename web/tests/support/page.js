/**
 * What the tests of `<sync-status>` share: a page that is watched for errors, and the few gestures they are made of.
 *
 * Owns no expectation but one: a page says nothing to the console.
 */
import { test as base, expect } from "@playwright/test";

import { IDLE } from "../../package/states.js";

export { expect, IDLE };

export const test = base.extend({
  page: async ({ page }, use) => {
    /** @type {string[]} */
    const said = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        said.push(message.text());
      }
    });
    page.on("pageerror", (error) => said.push(error.message));
    await use(page);
    expect(said, "what the page said to the console").toEqual([]);
  },
});

export const SYNCING = { ...IDLE, kind: "syncing", pending: 5, progress: { done: 3, total: 8 } };
export const OFFLINE = { ...IDLE, kind: "offline", pending: 3, cause: "unreachable" };
export const FAILED = { ...IDLE, kind: "error", failed: 2 };

/** A page with one element on it, and nothing else. */
export async function blank(page) {
  await page.goto("/blank");
  await page.waitForFunction(() => customElements.get("sync-status"));
  return page.locator("sync-status");
}

/** Sets properties of the element. */
export function set(status, properties) {
  return status.evaluate((element, given) => void Object.assign(element, given), properties);
}

/** Gives the element a client that remembers what it was asked; `calls` tells. */
export async function withClient(status, state, items) {
  await status.evaluate(
    (element, [state, items]) => {
      const calls = [];
      window.calls = calls;
      const remember = (name) => async (...given) => {
        calls.push([name, ...given]);
        return window.answers?.[name]?.();
      };
      const states = Object.assign(new EventTarget(), { current: state });
      window.tell = (next) => {
        states.current = next;
        states.dispatchEvent(new Event("change"));
      };
      window.items = items;
      element.client = {
        state: states,
        items: async (filter) => window.items.filter(({ state }) => filter !== "parked" || state === "parked").slice(0, 500),
        retryFailed: remember("retryFailed"),
        retry: remember("retry"),
        edit: remember("edit"),
        discard: remember("discard"),
        setOnline: remember("setOnline"),
        triggerSync: remember("triggerSync"),
        acceptServer: remember("acceptServer"),
      };
    },
    [state, items],
  );
}

/** What the client was asked since it was last looked. */
export function calls(page) {
  return page.evaluate(() => window.calls.splice(0));
}

/** The samples of the gallery, as the page has them. */
export function samples(page) {
  return page.evaluate(async () => {
    const { PARKED, PANELS, item } = await import("/app/gallery/samples.js");
    const like = item(21, "post.like", { like: { post: PARKED[2].mutation, liked: true } }, { state: "late" });
    return { parked: PARKED, panels: PANELS, dependant: { ...like, waits_for: [PARKED[2].mutation] } };
  });
}

/** The element that has focus within the element: its accessible name, as far as it is a text. */
export function focused(status) {
  return status.evaluate((element) => {
    const active = element.shadowRoot.activeElement;
    // As it is spoken: what is apart on the screen is apart.
    const texts = [...(active?.querySelectorAll("span:not(:has(span))") ?? [])].map((it) => it.textContent).filter(Boolean);
    return active?.getAttribute("aria-label") ?? (texts.join(", ") || active?.textContent) ?? null;
  });
}
