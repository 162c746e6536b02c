/**
 * The engine's code, compiled: the page brings it, for browsers keep what they have compiled for a page, and would compile it for each Worker anew.
 *
 * Owns when it can be called. It is made ready while it is found out whose database is to be opened, and who leads.
 */
import init from "../wasm/outrigger_web.js";

/** @type {(compiled: WebAssembly.Module) => void} */
let bring = () => {};

/** Resolves once the engine can be called. Where the page cannot bring it, it says so, and this stays as it is. */
export const loaded = init({ module_or_path: new Promise((resolve) => (bring = resolve)) });

/** @param {WebAssembly.Module} compiled */
export async function load(compiled) {
  bring(compiled);
  await loaded;
}
