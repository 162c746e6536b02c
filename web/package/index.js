/** `@outrigger/web`: the Outrigger engine in a browser. See `index.d.ts` for what there is. */
import { Client } from "./client.js";
import { OutriggerError } from "./error.js";

export { OutriggerError };

/** Opens the client of this page. @param {{server?: string, assets?: string}} [options] */
export async function openClient(options = {}) {
  const missing = [
    [typeof Worker === "function", "Workers"],
    [typeof WebAssembly === "object", "WebAssembly"],
    [typeof BroadcastChannel === "function", "BroadcastChannel"],
    [typeof indexedDB === "object" && indexedDB !== null, "IndexedDB"],
    [Boolean(navigator.locks), "Web Locks (served over https, or from this machine)"],
  ].flatMap(([is, what]) => (is ? [] : [what]));
  if (missing.length > 0) {
    throw new OutriggerError("unsupported", `this browser has no ${missing.join(", no ")}: use a newer one`);
  }
  const client = new Client(options);
  await client.open();
  return client;
}
