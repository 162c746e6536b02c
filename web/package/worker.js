/**
 * The Worker of one tab: what the page asks comes in by a port, what happens goes back.
 *
 * Owns nothing but the wiring. What a tab is, leader or follower, is `worker/tab.js`'s.
 */
import * as idb from "./worker/idb.js";
import { Tab } from "./worker/tab.js";

// Who is signed in is asked for first of all; where it cannot be opened, who asks is told.
idb.open().catch(() => undefined);

self.addEventListener("message", (event) => {
  const { port, options } = event.data;
  if (!port) return;
  const tab = new Tab(options, (told) => port.postMessage({ told }));
  port.onmessage = async (/** @type {MessageEvent} */ { data: { id, method, params } }) => {
    try {
      port.postMessage({ id, result: await tab.asked(method, params) });
    } catch (error) {
      port.postMessage({ id, error: said(error) });
    }
  };
  port.postMessage({ told: { type: "ready" } });
});

/** An error as it crosses: one word, and what to do. Rust says both in one text. @param {any} error */
function said(error) {
  const text = error instanceof Error ? error.message : String(error);
  const named = /^([a-z-]+): (.*)$/s.exec(text);
  const kind = error?.kind ?? (named ? named[1] : "database");
  return { kind, message: named && !error?.kind ? named[2] : text };
}
