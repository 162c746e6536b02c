/**
 * The Worker of one tab: what the page asks comes in by a port, what happens goes back.
 *
 * Owns nothing but the wiring. What a tab is, leader or follower, is `worker/tab.js`'s.
 */
import { Refusal } from "./worker/errors.js";
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
      const { kind, message } = Refusal.of(error);
      port.postMessage({ id, error: { kind, message } });
    }
  };
});
