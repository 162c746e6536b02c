/**
 * What goes where somebody signs out and discards what waits.
 *
 * Owns that all of it goes, while no tab has it open, or that it is said what stayed.
 */
import { Host } from "../wasm/outrigger_web.js";
import { loaded } from "./engine.js";
import { Refusal } from "./errors.js";
import { Files } from "./files.js";
import * as inbox from "./inbox.js";

/** Removes all that was stored of an account. Other tabs let go of it as they hear that nobody is signed in. @param {string} name @param {boolean} memory */
export async function erase(name, memory) {
  await loaded;
  await navigator.locks.request(`outrigger:${name}`, async () => {
    try {
      await inbox.clear(name);
      if (memory) return;
      await Host.erase(name);
      await (await Files.open(name, false)).clear();
    } catch (error) {
      const said = Refusal.of(error).message;
      throw new Refusal("database", `you are signed out, but not all that was kept here could be removed: clear this site's data (${said})`);
    }
  });
}
