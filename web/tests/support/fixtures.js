/**
 * What tests of the app stand on: the real server, one for each worker of Playwright's; people of their own; pages that are watched.
 *
 * Owns no word of the app. A test leaves the server as it likes: the next one finds it running.
 */
import { test as base, expect } from "@playwright/test";

import { Api, newPerson } from "./api.js";
import { Browser } from "./browser.js";
import { Server } from "./server.js";

export { expect, newPerson };

/** What a page may say where the network is cut on purpose: `test.use({ allowed: CUT })`. */
export const CUT = /Failed to load resource: net::ERR_|the server responded with a status of 50[234]/;

/** What a page may say where the server refuses something. */
export const REFUSED = /the server responded with a status of 4/;

/** What a page may say where it may say each of these. @param {RegExp[]} some */
export const or = (...some) => new RegExp(some.map(({ source }) => source).join("|"));

/**
 * Hears what the pages of a context say to the console as an error or a warning.
 * @param {import("@playwright/test").BrowserContext} context
 * @param {RegExp} allowed
 * @returns {string[]} what they may not say, growing
 */
function watch(context, allowed) {
  /** @type {string[]} */
  const said = [];
  const hear = (/** @type {string} */ text) => {
    if (!allowed.test(text)) said.push(text);
  };
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) hear(message.text());
  });
  context.on("weberror", (error) => hear(error.error().message));
  return said;
}

const SILENT = "what pages said to the console";

export const test = base.extend({
  /** What a page may say to the console as an error or a warning. */
  allowed: [/^$/, { option: true }],

  /** The server. Its data lives as long as the worker, so tests do not count on being alone on it. */
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.remove();
    },
    { scope: "worker" },
  ],

  /** Where the app is. */
  site: async ({ server }, use) => {
    await server.start();
    await use(server.url);
    server.thaw();
    await server.start();
  },

  baseURL: async ({ site }, use) => use(site),

  /** The API, spoken to by nobody yet. */
  api: async ({ site }, use) => use(new Api(site)),

  /** Somebody with an account. */
  person: async ({ api }, use) => {
    const person = newPerson();
    await api.signUp(person);
    await use(person);
  },

  /** A browser process that can be killed. */
  killable: async ({}, use) => {
    const browser = await Browser.open();
    await use(browser);
    await browser.remove();
  },

  context: async ({ context, allowed }, use) => {
    const said = watch(context, allowed);
    await use(context);
    expect(said, SILENT).toEqual([]);
  },

  /** Opens further contexts, as of other people's browsers. They are watched as the first one is, and closed at the end. */
  newContext: async ({ browser, site, allowed }, use) => {
    /** @type {{ context: import("@playwright/test").BrowserContext, said: string[] }[]} */
    const opened = [];
    await use(async (/** @type {string} */ baseURL = site) => {
      const context = await browser.newContext({ baseURL });
      opened.push({ context, said: watch(context, allowed) });
      return context;
    });
    for (const { context } of opened) await context.close();
    expect(opened.flatMap(({ said }) => said), SILENT).toEqual([]);
  },
});
