/**
 * The inbox: writes of tabs that do not hold the database, durable until the leader has taken them over.
 *
 * Owns the entries. Each mutation has its id from here on, so that an entry that is taken over twice is written once. What the leader refuses stays, with the
 * reason, until the tab that wrote it has heard of it.
 */
import * as idb from "./idb.js";

const STORE = "inbox";
const key = (/** @type {string} */ name, /** @type {string} */ id) => `${name}/${id}`;

/** Keeps an entry. @param {string} name the database it is for @param {string} id @param {object[]} writes */
export const keep = (name, id, writes) => idb.put(STORE, key(name, id), { id, writes, refused: null });

/** What waits for the leader, oldest first: the ids of entries rise. @param {string} name */
export async function waiting(name) {
  const entries = await idb.all(STORE, `${name}/`);
  return entries.filter((entry) => !entry.refused);
}

/** What was refused, and nobody has heard of yet. @param {string} name */
export async function refused(name) {
  const entries = await idb.all(STORE, `${name}/`);
  return entries.filter((entry) => entry.refused);
}

/** An entry was taken over, or somebody has heard that it was refused. @param {string} name @param {string} id */
export const done = (name, id) => idb.remove(STORE, key(name, id));

/** An entry cannot be taken over. @param {string} name @param {{id: string}} entry @param {object} why */
export const refuse = (name, entry, why) => idb.put(STORE, key(name, entry.id), { ...entry, refused: why });

/** Everything of an account goes. @param {string} name */
export async function clear(name) {
  for (const entry of await idb.all(STORE, `${name}/`)) await done(name, entry.id);
}
