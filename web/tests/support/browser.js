/**
 * A browser process that can be killed: Chromium with a profile that outlives it.
 *
 * Owns the process and the profile. Where a page only is closed and opened again, Playwright's own contexts do.
 */
import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];
const SAID = "DevTools listening on ";

export class Browser {
  #profile;
  /** @type {import("node:child_process").ChildProcess | null} */
  #process = null;
  /** @type {Promise<unknown> | null} */
  #ended = null;
  /** @type {import("@playwright/test").Browser | null} */
  #connection = null;

  /** Opens one with a profile of its own. */
  static async open() {
    const browser = new Browser(await mkdtemp(join(tmpdir(), "outrigger-profile-")));
    await browser.open();
    return browser;
  }

  /** @param {string} profile */
  constructor(profile) {
    this.#profile = profile;
  }

  /** The context of the profile: what it stores is there again after the process was killed. */
  get context() {
    const context = this.#connection?.contexts()[0];
    if (!context) throw new Error("the browser is not open");
    return context;
  }

  async newPage() {
    return this.context.newPage();
  }

  /** Opens it, again if it was killed. */
  async open() {
    // A group of its own: what it starts dies with it.
    const child = spawn(PROGRAM, [...ARGUMENTS, `--user-data-dir=${this.#profile}`, "about:blank"], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    this.#ended = once(child, "exit");
    process.once("exit", this.#killNow);
    const lines = createInterface(child.stderr);
    for await (const line of lines) {
      if (!line.startsWith(SAID)) continue;
      this.#connection = await chromium.connectOverCDP(line.slice(SAID.length));
      break;
    }
    // Whatever else it says is not waited for, nor may it fill the pipe.
    child.stderr.resume();
    if (!this.#connection) throw new Error(`${PROGRAM} ended before it could be spoken to`);
  }

  /** Ends all its processes at once, as when a phone runs out of memory. */
  async kill() {
    this.#killNow();
    await this.#ended;
    process.removeListener("exit", this.#killNow);
    this.#process = null;
    this.#connection = null;
  }

  /** Ends it, and removes the profile. */
  async remove() {
    if (this.#process) await this.kill();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #killNow = () => {
    if (this.#process?.pid) {
      try {
        process.kill(-this.#process.pid, "SIGKILL");
      } catch {
        // It is gone already.
      }
    }
  };
}
