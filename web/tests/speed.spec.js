/**
 * How fast it is, in figures: a bench, run by name only (`OUTRIGGER_SPEED=1 OUTRIGGER_BROWSER=speed cargo xtask browser`), on a machine that does nothing else.
 *
 * Owns the figures and what they must reach. Each is printed. A browser with a profile on the disk, as people have it: a private window's files are in memory, and in
 * another process.
 */
import { CUT, expect, newPerson, or, test } from "./support/fixtures.js";
import { Someone } from "./support/someone.js";

const POSTS = 10_000;
const POSTS_AT_ONCE = 100;
const WRITES = 300;
const OPENINGS = 9;

/** @param {number[]} some */
const median = (some) => some.sort((one, other) => one - other)[Math.floor(some.length / 2)] ?? NaN;

test.skip(!process.env.OUTRIGGER_SPEED, "a bench: OUTRIGGER_SPEED=1 runs it");
test.describe.configure({ mode: "default" });
// A page that is none of the app's has no icon.
test.use({ allowed: or(CUT, /status of 404/) });

/** @param {string} what @param {number} ms @param {number} most */
function figure(what, ms, most) {
  console.log(`${what.padEnd(44)} ${ms.toFixed(1).padStart(8)} ms, of ${most} at most`);
  expect(ms, what).toBeLessThanOrEqual(most);
}

/** A client of somebody's who is new here and offline by choice, on a page that is none of the app's. @param {import("@playwright/test").Page} page @param {string} site */
async function openClient(page, site) {
  await page.goto(`${site}/app/gallery.html`);
  return page.evaluateHandle(async ({ name, password }) => {
    const { openClient } = await import("/package/index.js");
    const client = await openClient();
    await client.signUp(name, password);
    await client.setOnline(false);
    return client;
  }, newPerson());
}

test("a durable write", async ({ killable, site }) => {
  const opened = await openClient(await killable.newPage(), site);
  const took = await opened.evaluate(async (client, count) => {
    const took = [];
    for (let number = 0; number < count; number += 1) {
      const began = performance.now();
      await client.mutate({ post: { create: { id: client.newId(), text: `number ${number}`, media: [] } } });
      took.push(performance.now() - began);
    }
    return took;
  }, WRITES);
  figure("a durable write, median", median(took), 5);
  console.log(`a durable write, 95th percentile: ${took[Math.floor(took.length * 0.95)]?.toFixed(1)} ms`);
});

test("the pill changes soon after what happened", async ({ page }) => {
  const ada = new Someone(page, newPerson());
  await ada.signUp();
  await page.evaluate(() => {
    const pill = document.querySelector("sync-status")?.shadowRoot;
    /** @type {any} */ (window).took = new Promise((resolve) => {
      addEventListener("offline", () => {
        const began = performance.now();
        const look = () => (pill?.textContent?.includes("Offline") ? resolve(performance.now() - began) : requestAnimationFrame(look));
        look();
      });
    });
  });
  await ada.goOffline();
  figure("offline, until the pill says so", await page.evaluate(() => /** @type {any} */ (window).took), 100);
});

/** Somebody has so many posts here, and has closed the app. @param {import("./support/browser.js").Browser} browser @param {string} site @param {number} posts */
async function fill(browser, site, posts) {
  const page = await browser.newPage();
  const opened = await openClient(page, site);
  await opened.evaluate(
    async (client, [posts, atOnce]) => {
      for (let number = 0; number < posts; number += atOnce) {
        const some = Array.from({ length: atOnce }, (_, index) => ({ post: { create: { id: client.newId(), text: `number ${number + index}`, media: [] } } }));
        await client.mutate(...some);
      }
      await client.close();
    },
    /** @type {const} */ ([posts, POSTS_AT_ONCE]),
  );
  // Warm from now on: the app is in the browser's caches.
  await page.goto(site);
  await expect(page.getByRole("article").first()).toBeVisible();
  await new Someone(page, newPerson()).keepsShell();
  await page.close();
}

/** Opens the app, watched. @param {import("./support/browser.js").Browser} browser @param {string} site */
async function openApp(browser, site) {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    const seen = { longest: 0, row: NaN };
    /** @type {any} */ (window).seen = seen;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
    }).observe({ type: "longtask" });
    const look = () => {
      if (document.querySelector("article")) seen.row = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(site);
  await expect(page.getByRole("article").first()).toBeVisible();
  return page;
}

for (const posts of [POSTS_AT_ONCE, POSTS]) {
  test(`opening the app with ${posts} posts`, async ({ killable, site }) => {
    test.setTimeout(120_000);
    await fill(killable, site, posts);
    const paints = [];
    const rows = [];
    for (let time = 0; time < OPENINGS; time += 1) {
      const page = await openApp(killable, site);
      paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN));
      rows.push(await page.evaluate(() => /** @type {any} */ (window).seen.row));
      await page.close();
    }
    figure("first paint, median", median(paints), 1_000);
    figure("first local read, shown, median", median(rows), 500);
  });
}

test(`scrolling through ${POSTS} posts`, async ({ killable, site }) => {
  test.setTimeout(300_000);
  await fill(killable, site, POSTS);
  const page = await openApp(killable, site);
  await page.evaluate(() => void (/** @type {any} */ (window).seen.longest = 0));
  const { isThrough, seconds } = await page.evaluate(async (patience) => {
    const last = () => [...document.querySelectorAll("article")].at(-1)?.querySelector("p")?.textContent ?? "";
    const began = performance.now();
    while (last() !== "number 0" && performance.now() - began < patience) {
      scrollBy(0, 2_000);
      await new Promise(requestAnimationFrame);
    }
    return { isThrough: last() === "number 0", seconds: (performance.now() - began) / 1_000 };
  }, 200_000);
  expect(isThrough).toBe(true);
  console.log(`scrolled through ${POSTS} posts in ${seconds.toFixed(1)} s`);
  figure("longest task while scrolling", await page.evaluate(() => /** @type {any} */ (window).seen.longest), 100);
});
