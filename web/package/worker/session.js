/**
 * The session with the server: signing up, in and out, and its renewal.
 *
 * Owns the tokens. They are in IndexedDB, durable before they are used, and in no message to a page and no error. Renewed by one at a time, across tabs.
 */
import { Refusal } from "./errors.js";
import * as idb from "./idb.js";

const STORE = "session";
const INVALID_GRANT = "urn:outrigger:problem:invalid-grant";
const TIMEOUT_MS = 30_000;

/** @typedef {{access_token: string, refresh_token: string, account: {id: string, name: string}}} Kept */

export class Session {
  /** @type {Kept | null} */
  #kept = null;

  /** @param {string} server */
  constructor(server) {
    this.server = server;
  }

  /** Who is signed in. */
  get account() {
    return this.#kept?.account ?? null;
  }

  get token() {
    return this.#kept?.access_token ?? null;
  }

  /** Reads what another tab, or this one before, has kept. */
  async load() {
    this.#kept = (await idb.get(STORE, this.server)) ?? null;
    return this.account;
  }

  /** @param {string} name @param {string} password */
  signUp(name, password) {
    return this.#begin("/v1/accounts", { name, password });
  }

  /** @param {string} name @param {string} password */
  signIn(name, password) {
    return this.#begin("/v1/sessions", { name, password });
  }

  /** @param {string} path @param {object} body */
  async #begin(path, body) {
    const response = await this.#post(path, body);
    if (!response) throw new Refusal("offline", "the server is not reached: check the connection, and try again");
    const said = await response.json().catch(() => null);
    if (!response.ok || !said?.access_token) {
      throw new Refusal("server", said?.detail ?? `the server answered ${response.status}`);
    }
    const kept = keptOf(said);
    await idb.put(STORE, this.server, kept);
    this.#kept = kept;
    return kept.account;
  }

  /** Renews the session: `renewed`, `invalid_grant` or `failed`. */
  renew() {
    return navigator.locks.request(`outrigger-session:${this.server}`, async () => {
      const mine = this.#kept;
      if (!mine) return "invalid_grant";
      /** @type {Kept | undefined} */
      const there = await idb.get(STORE, this.server);
      if (!there) return "invalid_grant";
      // Somebody else has signed in meanwhile: that is told, and their session is not this account's.
      if (there.account.id !== mine.account.id) return "failed";
      // Another tab has done it meanwhile.
      if (there.access_token !== mine.access_token) {
        this.#kept = there;
        return "renewed";
      }
      const response = await this.#post("/v1/sessions/refresh", { refresh_token: mine.refresh_token });
      const said = await response?.json().catch(() => null);
      if (!response?.ok || !said?.access_token) return said?.type === INVALID_GRANT ? "invalid_grant" : "failed";
      const kept = keptOf(said);
      // Whoever has signed out meanwhile stays so.
      const isSame = (/** @type {Kept | undefined} */ found) => found?.refresh_token === mine.refresh_token;
      if (!(await idb.replace(STORE, this.server, isSame, kept))) return "failed";
      this.#kept = kept;
      return "renewed";
    });
  }

  /** Forgets the session here. What is given ends it at the server as well, as far as that is reached. */
  async end() {
    const token = this.token;
    await idb.remove(STORE, this.server);
    this.#kept = null;
    return async () => {
      if (!token) return;
      const headers = { authorization: `Bearer ${token}` };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      await fetch(`${this.server}/v1/sessions/current`, { method: "DELETE", headers, credentials: "omit", signal }).catch(() => {});
    };
  }

  /** @param {string} path @param {object} body */
  async #post(path, body) {
    try {
      return await fetch(this.server + path, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      return null;
    }
  }
}

/** @param {any} said by the server @returns {Kept} */
function keptOf({ access_token, refresh_token, account }) {
  return { access_token, refresh_token, account };
}
