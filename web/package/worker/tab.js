/**
 * One tab: who is signed in, and the way from what its page asks to the engine, in this tab or another.
 *
 * Owns the account and its changes, one after the other, and writes: what a tab that follows writes is durable in the inbox before it is acknowledged.
 * Everything else is asked of whoever leads; who that is is `seat.js`'s.
 */
import { load } from "./engine.js";
import { Refusal } from "./errors.js";
import { Files } from "./files.js";
import { newId } from "./ids.js";
import * as inbox from "./inbox.js";
import { erase } from "./erase.js";
import { Seat } from "./seat.js";
import { Session } from "./session.js";

/** How long a follower waits for the leader to show what it wrote; it is durable before. */
const SHOW_MS = 1_000;
const SEND_MS = 60_000;

export class Tab {
  #accounts = new BroadcastChannel("outrigger-accounts");
  /** @type {Seat | null} */
  #seat = null;
  #isStopped = false;
  #memory = false;
  /** What is changed of the account, one after the other. @type {Promise<unknown>} */
  #changing = Promise.resolve();
  /** What this tab has in the inbox, and who waits to hear that it was taken over. @type {Map<string, ((told: any) => void) | null>} */
  #inbox = new Map();

  /** @param {{server: string}} options @param {(told: any) => void} tell */
  constructor(options, tell) {
    this.tell = tell;
    this.session = new Session(options.server);
    this.#accounts.onmessage = () => this.#change(() => this.#accountChanged());
  }

  /** What the page asks. @param {string} method @param {any} params */
  async asked(method, params) {
    switch (method) {
      case "engine":
        return load(params.compiled);
      case "open":
        return this.#change(() => this.#open());
      case "sign_up":
        return this.#change(async () => this.#signedIn(await this.session.signUp(params.name, params.password)));
      case "sign_in":
        return this.#change(() => this.#signIn(params));
      case "sign_out":
        return this.#signOut(params.whatWaits);
      case "release":
        // What is in memory only cannot be taken up again.
        return this.#memory || this.#seat?.release();
      case "resume":
        return this.#seat?.stand();
      case "mutate":
        return this.#mutate(params.writes);
      case "stage":
        return this.#stage(params.file);
      case "heard":
        return inbox.done(params.name, params.id);
      default:
        return this.#seated().ask(method, params);
    }
  }

  /** Where this tab sits, if anybody is signed in. */
  #seated() {
    if (this.#isStopped) throw new Refusal("stopped", "this tab must be reloaded");
    if (!this.#seat) throw new Refusal("sign-in", "nobody is signed in");
    return this.#seat;
  }

  // The account.

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  #change(work) {
    const changed = this.#changing.then(work);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #open() {
    this.#memory = !(await canStore());
    await this.session.load();
    await this.#begin();
    return { account: this.session.account, kind: this.#memory ? "memory" : "opfs" };
  }

  /** @param {{name: string, password: string}} who */
  async #signIn({ name, password }) {
    const account = await this.session.signIn(name, password);
    if (this.#seat?.account.id !== account.id) return this.#signedIn(account);
    // The same person, whose session had ended: what was paused goes on.
    this.#accounts.postMessage("changed");
    this.#seat.ask("notice", { notice: "signed_in" }).catch(() => {});
    return account;
  }

  /** @param {{id: string, name: string}} account */
  async #signedIn(account) {
    this.#accounts.postMessage("changed");
    await this.#begin();
    return account;
  }

  /** @param {"send" | "keep" | "discard"} whatWaits */
  async #signOut(whatWaits) {
    if (!this.#seat) return;
    const { name } = this.#seat;
    if (whatWaits === "send") await this.#seated().ask("wind_up", {});
    await this.#change(async () => {
      const revoke = await this.session.end();
      this.#accounts.postMessage("changed");
      this.#leave();
      void revoke();
      try {
        if (whatWaits === "discard") await erase(name, this.#memory);
      } finally {
        this.tell({ type: "account", account: null, erased: whatWaits === "discard" ? name : null });
      }
    });
  }

  /** Somebody signed in or out in another tab. */
  async #accountChanged() {
    const account = await this.session.load();
    if (this.#seat?.account.id === account?.id) return;
    await this.#begin();
  }

  /** Begins with the account that is signed in, if any. */
  async #begin() {
    this.#leave();
    const { account, server } = this.session;
    this.tell({ type: "account", account, erased: null });
    if (!account || this.#isStopped) return;
    const name = await nameOf(server, account.id);
    const seat = new Seat(name, account, this.session, this.#memory, {
      tell: (told) => this.#isStopped || this.#told(told),
      fail: (error) => this.#fail(error),
      serve: (method, params, leader) => serve(method, params, leader),
    });
    this.#seat = seat;
    await seat.stand();
    // Of tabs that are gone, or of this one before it was loaded again.
    for (const { id, writes, refused } of await inbox.refused(name)) this.#tellRefused(id, writes, refused);
  }

  #leave() {
    this.#seat?.end();
    this.#seat = null;
    this.#inbox.clear();
  }

  /** This tab cannot go on. @param {unknown} error */
  #fail(error) {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { kind, message } = Refusal.of(error);
    const why =
      kind === "foreign" && /newer version/.test(message)
        ? "a newer version of this app has changed what is stored here: reload this tab"
        : `this tab cannot go on, and what waits is kept: reload it (${message})`;
    this.tell({ type: "role", role: "stopped", why });
    this.#leave();
  }

  // What happens where the database is.

  /** @param {any} told */
  #told(told) {
    if (told.type !== "imported") return this.tell(told);
    const waits = this.#inbox.get(told.id);
    const isMine = this.#inbox.delete(told.id);
    if (waits) waits(told);
    else if (isMine && told.error) this.#tellRefused(told.id, told.writes, told.error);
  }

  /** What was written here was not taken over. @param {string} id @param {{id: string}[]} writes @param {{kind: string, message: string}} error */
  #tellRefused(id, writes, error) {
    this.tell({ type: "refused", name: this.#seat?.name, id, mutations: writes.map((write) => write.id), error });
  }

  // Writes.

  /** @param {any[]} all */
  async #mutate(all) {
    const seat = this.#seated();
    const writes = all.map((write) => ({ id: newId(), files: [], ...write }));
    const isFirst = await this.#isInboxEmpty(seat.name);
    if (isFirst && seat.leader) {
      const reply = await seat.leader.mutate(writes);
      return { ids: reply.ids };
    }
    const id = newId();
    const shown = new Promise((resolve) => {
      this.#inbox.set(id, resolve);
    });
    try {
      await inbox.keep(seat.name, id, writes);
    } catch (error) {
      this.#inbox.delete(id);
      throw error;
    }
    setTimeout(() => this.#stopWaiting(id), SHOW_MS);
    seat.knock();
    const told = await shown;
    if (told?.error) {
      await inbox.done(seat.name, id);
      throw new Refusal(told.error.kind, told.error.message);
    }
    return { ids: writes.map((write) => write.id) };
  }

  /** What this tab has in the inbox was written before, and goes before. @param {string} name */
  async #isInboxEmpty(name) {
    if (this.#inbox.size === 0) return true;
    const waiting = new Set((await inbox.waiting(name)).map((entry) => entry.id));
    // Who took them over may have died before it said so.
    for (const [id, waits] of this.#inbox) if (!waits && !waiting.has(id)) this.#inbox.delete(id);
    return this.#inbox.size === 0;
  }

  /** It is durable: whoever wrote it need not wait until it is shown. @param {string} id */
  #stopWaiting(id) {
    const waits = this.#inbox.get(id);
    if (!waits) return;
    this.#inbox.set(id, null);
    waits(null);
  }

  /** @param {Blob} file */
  async #stage(file) {
    const seat = this.#seated();
    if (seat.leader) return seat.leader.stage(file);
    if (this.#memory) throw new Refusal("unsupported", "pictures can be added in one tab only where nothing can be stored");
    const files = await Files.open(seat.name, false);
    return files.copy(newId(), file);
  }
}

/** What somebody asks of the leader. @param {string} method @param {any} params @param {import("./leader.js").Leader} leader @returns {Promise<any>} */
async function serve(method, params, leader) {
  switch (method) {
    case "call":
      return leader.call(params);
    case "notice":
      return leader.notice(params);
    case "query":
      return leader.query(params);
    case "read":
      return leader.read(params);
    case "media":
      return leader.media(params);
    case "snapshot":
      return { state: leader.stateNow() };
    case "wind_up":
      return windUp(leader);
    default:
      throw new Refusal("invalid", `there is no ${method}`);
  }
}

/** Before the session ends what waits is sent. @param {import("./leader.js").Leader} leader */
async function windUp(leader) {
  leader.notice({ notice: "trigger_sync" });
  const began = performance.now();
  for (;;) {
    const { pending, failed, kind } = leader.state ?? { pending: 0, failed: 0, kind: "idle" };
    if (pending === 0 && failed === 0) return;
    const isStuck = kind === "offline" || kind === "error" || performance.now() - began > SEND_MS;
    if (isStuck) {
      throw new Refusal("refused", `${pending + failed} writes have not arrived: keep them for the next time, or discard them`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Whether there are files here that can be flushed; private windows of some browsers have none. */
async function canStore() {
  if (!("createSyncAccessHandle" in (globalThis.FileSystemFileHandle?.prototype ?? {}))) return false;
  return navigator.storage?.getDirectory?.().then(
    () => true,
    () => false,
  );
}

/** The name of an account's database: of letters and digits, the same in every tab. @param {string} server @param {string} account */
async function nameOf(server, account) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${server} ${account}`));
  return Array.from(new Uint8Array(digest).slice(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
