/**
 * Somebody who uses the app: a page, and what people do on it, by what they see and hear.
 *
 * Owns the gestures, so that a test reads like a story. Never looks into the engine, nor at anything that a person could not find.
 */
import { expect } from "@playwright/test";
import { deflateSync } from "node:zlib";

export class Someone {
  /**
   * @param {import("@playwright/test").Page} page
   * @param {import("./api.js").Person} person
   */
  constructor(page, person) {
    this.page = page;
    this.person = person;
  }

  get context() {
    return this.page.context();
  }

  get composer() {
    return this.page.getByRole("textbox", { name: "Write a post" });
  }

  /** Signs in to an account that is there. */
  async signIn() {
    await this.page.goto("/");
    await this.#fill("Sign in");
    await expect(this.composer).toBeVisible();
  }

  /** Makes an account. @param {string} [site] */
  async signUp(site = "/") {
    await this.page.goto(site);
    await this.page.getByRole("button", { name: "Create an account" }).click();
    await this.#fill("Create account");
    await expect(this.composer).toBeVisible();
  }

  /** @param {string} button */
  async #fill(button) {
    await this.page.getByLabel("Name").fill(this.person.name);
    await this.page.getByLabel("Password").fill(this.person.password);
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  /** Until the app would open without a network. */
  async keepsShell() {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (!navigator.serviceWorker.controller) {
        await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
      }
    });
  }

  goOffline() {
    return this.context.setOffline(true);
  }

  goOnline() {
    return this.context.setOffline(false);
  }

  /**
   * @param {string} text
   * @param {{ name: string, mimeType: string, buffer: Buffer }[]} [pictures]
   */
  async post(text, pictures = []) {
    await this.composer.fill(text);
    if (pictures.length > 0) {
      await this.page.getByLabel("Add pictures").setInputFiles(pictures);
      await expect(this.page.getByRole("list", { name: "Pictures to send" }).getByRole("listitem")).toHaveCount(pictures.length);
    }
    await this.page.getByRole("button", { name: "Post", exact: true }).click();
    await expect(this.row(text)).toBeVisible();
  }

  /** The post or the comment that says this. @param {string} text */
  row(text) {
    return this.page.getByRole("article").filter({ hasText: text });
  }

  /** Goes to the post's own page. @param {string} text */
  async openThread(text) {
    await this.row(text).getByRole("link", { name: /comment/ }).click();
    await expect(this.page.getByRole("heading", { name: "Comments" })).toBeVisible();
  }

  /** @param {string} text */
  async comment(text) {
    await this.page.getByRole("textbox", { name: "Write a comment" }).fill(text);
    await this.page.getByRole("button", { name: "Comment", exact: true }).click();
    await expect(this.row(text)).toBeVisible();
  }

  /** @param {string} place as the navigation calls it */
  async goTo(place) {
    await this.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: place }).click();
  }

  /** Goes to somebody's profile by their name. @param {string} name */
  async find(name) {
    await this.goTo("Find");
    await this.page.getByLabel("Their whole name").fill(name);
    await this.page.getByRole("button", { name: "Find", exact: true }).click();
    await expect(this.page.getByRole("heading", { name, level: 1 })).toBeVisible();
  }

  /**
   * Says something in the conversation that is open.
   * @param {string} text
   * @param {{ name: string, mimeType: string, buffer: Buffer }} [picture]
   */
  async say(text, picture) {
    await this.page.getByRole("textbox", { name: "Write a message" }).fill(text);
    if (picture) await this.page.getByLabel("Add a picture").setInputFiles(picture);
    await this.page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(this.row(text)).toBeVisible();
  }
}

/** How a row stands, as it is told to those who cannot see its mark. */
export const WAITS = "Waiting to be sent";
export const SENT = "Sent";

/**
 * A row's mark with these words.
 * @param {import("@playwright/test").Locator} row
 * @param {string} words
 */
export function mark(row, words) {
  return row.getByRole("img", { name: words, exact: true });
}

/**
 * A picture of one colour that is a few pixels wide, and different for each number.
 * @param {number} number
 */
export function picture(number) {
  const [width, height] = [8, 8];
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, number * 37)]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const buffer = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(Array(height).fill(line)))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return { name: `picture-${number}.png`, mimeType: "image/png", buffer };
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** @param {Buffer} bytes */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
