/**
 * IndexedDB, as far as it is needed: a few stores of one database.
 *
 * Owns the names of the stores. What is put is on the disk before the promise resolves (strict durability).
 */
import { Refusal } from "./errors.js";

const NAME = "outrigger";
const STORES = ["session", "inbox"];

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** @returns {Promise<IDBDatabase>} */
export function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => (opened = undefined));
  return opened;
}

/**
 * Runs one transaction; resolves with what `work`'s request gave once it is committed.
 * @template T
 * @param {string} store
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
async function run(store, mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => {
      const error = transaction.error ?? request.error;
      const isFull = error?.name === "QuotaExceededError";
      reject(isFull ? new Refusal("disk-full", "there is no room to keep this: free some space, then try again") : error);
    };
  });
}

/** @param {string} store @param {IDBValidKey} key */
export const get = (store, key) => run(store, "readonly", (s) => s.get(key));
/** @param {string} store @param {IDBValidKey} key @param {unknown} value */
export const put = (store, key, value) => run(store, "readwrite", (s) => s.put(value, key));
/** @param {string} store @param {IDBValidKey | IDBKeyRange} key */
export const remove = (store, key) => run(store, "readwrite", (s) => s.delete(key));
/** All values whose keys begin with a text, in the order of their keys. @param {string} store @param {string} prefix */
export const all = (store, prefix) => run(store, "readonly", (s) => s.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));

/** Puts a value in the place of one that is as it is to be; whether it was. @param {string} store @param {IDBValidKey} key @param {(found: any) => boolean} isSame @param {unknown} value */
export async function replace(store, key, isSame, value) {
  let was = false;
  await run(store, "readwrite", (s) => {
    const found = s.get(key);
    found.onsuccess = () => {
      was = isSame(found.result);
      if (was) s.put(value, key);
    };
    return found;
  });
  return was;
}
