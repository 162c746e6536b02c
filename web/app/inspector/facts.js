/**
 * Where things are kept and who holds them: the tab, the storage, and whatever the engine says of itself.
 *
 * Owns a list of names and values; of the engine's own, it knows no name beforehand.
 */
import { el, say } from "../dom.js";
import { KeyedList } from "../list.js";
import { bytes, number } from "../words.js";

/** @typedef {{ name: string, value: string }} Fact */

/** @type {Record<import("../../package/index.js").Role, string>} */
const ROLE_WORDS = {
  leader: "leads: it holds the database and sends",
  follower: "follows: another tab holds the database and sends",
  starting: "starts: nobody holds the database yet",
  stopped: "stopped",
};

/** @param {import("../../package/index.js").Client} client */
export function facts(client) {
  const node = el("dl", { class: "facts" });
  const list = new KeyedList((/** @type {Fact} */ fact) => fact.name, fact);
  return {
    node,
    /** @param {unknown} inspected */
    update: (inspected) => list.show(node, [...ofTheTab(client), ...flat(inspected, "")]),
  };
}

/**
 * @param {import("../../package/index.js").Client} client
 * @returns {Fact[]}
 */
function ofTheTab({ role, storage }) {
  const kept = { opfs: "on the disk", memory: "in memory only: gone with the tab" }[storage.kind];
  const found = [
    { name: "this tab", value: ROLE_WORDS[role] },
    { name: "storage", value: storage.evicted ? `${kept}; what was here before was removed by the browser` : kept },
    { name: "persistent", value: storage.persisted ? "yes: the browser has promised to keep it" : "no: the browser may remove it" },
  ];
  if (storage.usage !== undefined) {
    const quota = storage.quota === undefined ? "" : ` of ${bytes(storage.quota)}`;
    found.push({ name: "in use", value: bytes(storage.usage) + quota });
  }
  return found;
}

/**
 * Names and values of whatever it is.
 * @param {unknown} value
 * @param {string} name
 * @returns {Fact[]}
 */
function flat(value, name) {
  if (value !== null && typeof value === "object") {
    return Object.entries(value).flatMap(([key, inner]) => flat(inner, name === "" ? key : `${name}: ${key}`));
  }
  return [{ name: name.replaceAll("_", " "), value: plain(name, value) }];
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function plain(name, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  return /bytes|size/.test(name) ? bytes(value) : number(value);
}

/** @param {Fact} first */
function fact(first) {
  const value = el("dd");
  const node = el("div", null, el("dt", null, first.name), value);
  /** @param {Fact} next */
  const update = (next) => say(value, next.value);
  update(first);
  return { node, update };
}
