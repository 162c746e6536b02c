/**
 * One tab: it leads where it holds the lock of the account's database, else it follows whoever does.
 *
 * Owns the way from a page's request to the engine, in this tab or another, and the change from one to the other. What a follower writes is durable in the inbox
 * before it is acknowledged; everything else it asks the leader for, again where the leader has changed.
 */
import { load } from "./engine.js";
import { Refusal } from "./errors.js";
import { Files } from "./files.js";
import { newId } from "./ids.js";
import * as inbox from "./inbox.js";
import { Leader } from "./leader.js";
import { Session } from "./session.js";

/** What tabs say to each other has this form. One that is older gives way. */
const PROTOCOL = 1;
/** How long a follower waits for the leader to show what it wrote; it is durable before. */
const SHOW_MS = 1_000;
/** The files of a tab that has just died may be held for a moment. */
const HANDLES_WAIT_MS = 50;
const HANDLES_TRIES = 40;
const SEND_MS = 60_000;

export class Tab {
  #id = newId();
  #accounts = new BroadcastChannel("outrigger-accounts");
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {Leader | null} */
  #leader = null;
  /** Ends the lead. @type {(() => void) | null} */
  #letGo = null;
  /** Ends waiting for the lock. @type {AbortController | null} */
  #standing = null;
  #name = "";
  #role = "starting";
  /** What was asked of the leader and is not answered: asked again of the next. @type {Map<number, {method: string, params: any, resolve: (it: any) => void, reject: (it: any) => void}>} */
  #open = new Map();
  #next = 0;
  /** @type {Map<string, (told: any) => void>} */
  #imports = new Map();

  /** @param {{server: string, memory: boolean}} options @param {(told: any) => void} tell */
  constructor(options, tell) {
    this.memory = options.memory;
    this.tell = tell;
    this.session = new Session(options.server);
    this.#accounts.onmessage = () => this.#accountChanged();
  }

  /** What the page asks. @param {string} method @param {any} params */
  async asked(method, params) {
    switch (method) {
      case "engine":
        return load(params.compiled);
      case "open":
        await this.session.load();
        await this.#begin();
        return { account: this.session.account };
      case "sign_up":
        return this.#signedIn(await this.session.signUp(params.name, params.password));
      case "sign_in":
        return this.#signIn(params);
      case "sign_out":
        return this.#signOut(params.whatWaits);
      case "release":
        return this.#release();
      case "resume":
        return this.#stand();
      case "new_id":
        return newId();
      case "mutate":
        return this.#mutate(params.writes);
      case "stage":
        return this.#stage(params.file);
      case "heard":
        return inbox.done(this.#name, params.id);
      default:
        return this.#ask(method, params);
    }
  }

  // The account.

  /** @param {{name: string, password: string}} who */
  async #signIn({ name, password }) {
    const before = this.session.account;
    const account = await this.session.signIn(name, password);
    if (account && before?.id === account.id && this.#channel) {
      // The same person, whose session had ended: what was paused goes on.
      this.#ask("notice", { notice: "signed_in" }).catch(() => {});
      this.#accounts.postMessage("changed");
      return account;
    }
    return this.#signedIn(account);
  }

  /** @param {{id: string, name: string} | null} account */
  async #signedIn(account) {
    this.#accounts.postMessage("changed");
    await this.#begin();
    return account;
  }

  /** @param {"send" | "keep" | "discard"} whatWaits */
  async #signOut(whatWaits) {
    if (!this.session.account) return;
    await this.#ask("wind_up", { whatWaits });
    const name = this.#name;
    await this.session.end();
    this.#accounts.postMessage("changed");
    await this.#end();
    if (whatWaits === "discard") await forget(name);
    this.tell({ type: "account", account: null });
  }

  async #accountChanged() {
    const before = this.session.account;
    const account = await this.session.load();
    if (before?.id === account?.id) return;
    await this.#end();
    this.tell({ type: "account", account });
    await this.#begin();
  }

  /** Begins with the account that is signed in, if any. */
  async #begin() {
    await this.#end();
    const account = this.session.account;
    this.tell({ type: "account", account });
    if (!account) return;
    this.#name = await nameOf(this.session.server, account.id);
    this.#channel = new BroadcastChannel(`outrigger:${this.#name}`);
    this.#channel.onmessage = ({ data }) => this.#heard(data);
    this.#channel.postMessage({ to: "leader", hello: PROTOCOL });
    await this.#stand();
    for (const { id, refused } of await inbox.refused(this.#name)) this.tell({ type: "imported", id, error: refused });
  }

  async #end() {
    this.#release();
    this.#channel?.close();
    this.#channel = null;
    for (const { reject } of this.#open.values()) reject(new Refusal("stopped", "somebody else signed in, or nobody is any more"));
    this.#open.clear();
  }

  // The lead.

  /** Leads where nobody does; else waits for the lead, and follows meanwhile. */
  async #stand() {
    if (!this.#channel || this.#leader || this.#standing || this.#role === "stopped") return;
    const standing = new AbortController();
    this.#standing = standing;
    const lock = `outrigger:${this.#name}`;
    const leads = await new Promise((resolve) => {
      navigator.locks.request(lock, { ifAvailable: true }, (held) => {
        if (!held) return resolve(false);
        return this.#lead(standing).finally(() => resolve(true));
      });
      this.#started = () => resolve(true);
    });
    if (leads || standing.signal.aborted) return;
    this.#become("follower");
    navigator.locks
      .request(lock, { signal: standing.signal }, () => this.#lead(standing))
      .catch((error) => {
        if (error.name !== "AbortError") this.#fail(error);
      });
  }

  /** Called once this tab leads. */
  #started = () => {};

  /** Holds the lock for as long as this runs. @param {AbortController} standing */
  async #lead(standing) {
    if (standing.signal.aborted) return;
    const over = new Promise((resolve) => (this.#letGo = () => resolve(undefined)));
    try {
      this.#leader = await this.#open_();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (standing.signal.aborted) return this.#stopLeader();
    this.#become("leader");
    this.#started();
    this.tell({ type: "opened", existed: this.#leader.existed, kind: this.memory ? "memory" : "opfs", name: this.#name });
    await this.#leader.start();
    this.#channel?.postMessage({ to: "all", leads: true });
    this.#askAgain();
    await over;
    this.#stopLeader();
  }

  async #open_() {
    const session = this.session;
    const told = (/** @type {any} */ what) => this.#broadcast(what);
    for (let tries = 1; ; tries++) {
      try {
        return await Leader.open({ name: this.#name, session, memory: this.memory, tell: told, fail: (e) => this.#fail(e) });
      } catch (error) {
        if (tries >= HANDLES_TRIES || !/NoModificationAllowed|Access Handle/.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, HANDLES_WAIT_MS));
      }
    }
  }

  #stopLeader() {
    const leader = this.#leader;
    this.#leader = null;
    leader?.stop();
  }

  /** Lets the database and its files go at once: another tab may lead. */
  #release() {
    this.#standing?.abort();
    this.#standing = null;
    this.#stopLeader();
    this.#letGo?.();
    this.#letGo = null;
    if (this.#role !== "stopped") this.#become("starting");
  }

  /** This tab cannot go on. @param {unknown} error */
  #fail(error) {
    const text = error instanceof Error ? error.message : String(error);
    const isForeign = text.startsWith("foreign:");
    const why = isForeign && /newer version/.test(text)
      ? "a newer version of this app has changed what is stored here: reload this tab"
      : `this tab cannot go on, and what waits is kept: reload it (${text.replace(/^[a-z-]+: /, "")})`;
    this.#role = "stopped";
    this.#release();
    this.tell({ type: "role", role: "stopped", why });
  }

  /** @param {string} role */
  #become(role) {
    if (this.#role === role) return;
    this.#role = role;
    this.tell({ type: "role", role, why: null });
  }

  // Between tabs.

  /** @param {any} told */
  #broadcast(told) {
    this.#told(told);
    this.#channel?.postMessage({ to: "all", told });
  }

  /** @param {any} told */
  #told(told) {
    if (told.type === "imported") {
      this.#imports.get(told.id)?.(told);
      this.#imports.delete(told.id);
    }
    this.tell(told);
  }

  /** @param {any} data */
  #heard(data) {
    if (data.to === "leader" && this.#leader) {
      if (data.hello > PROTOCOL) {
        this.#fail(new Error("foreign: a newer version is open in another tab"));
      } else if (data.hello) {
        this.#channel?.postMessage({ to: "all", leads: true });
      } else if (data.inbox) {
        this.#leader.importInbox();
      } else if (data.method) {
        this.#serveAnother(data);
      }
    } else if (data.to === "all") {
      if (data.told) this.#told(data.told);
      if (data.leads) {
        this.#askAgain();
        this.#ask("snapshot", {}).then((snapshot) => this.tell({ type: "snapshot", ...snapshot }), () => {});
      }
    } else if (data.to === this.#id) {
      const open = this.#open.get(data.id);
      this.#open.delete(data.id);
      if (data.error) open?.reject(new Refusal(data.error.kind, data.error.message));
      else open?.resolve(data.result);
    }
  }

  /** @param {{from: string, id: number, method: string, params: any}} asked */
  async #serveAnother({ from, id, method, params }) {
    let answer;
    try {
      answer = { result: await this.#serve(method, params) };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const [, word, rest] = /^([a-z-]+): (.*)$/s.exec(text) ?? [];
      const kind = /** @type {any} */ (error)?.kind;
      answer = { error: { kind: kind ?? word ?? "database", message: kind ? text : (rest ?? text) } };
      // It is asked again of whoever leads next.
      if (kind === "stopped") return;
    }
    this.#channel?.postMessage({ to: from, id, ...answer });
  }

  /** Asks whoever leads. @param {string} method @param {any} params */
  async #ask(method, params) {
    if (this.#leader) return this.#serve(method, params);
    if (this.#role === "stopped") throw new Refusal("stopped", "this tab must be reloaded");
    if (!this.session.account) throw new Refusal("sign-in", "nobody is signed in");
    return new Promise((resolve, reject) => {
      const id = ++this.#next;
      this.#open.set(id, { method, params, resolve, reject });
      this.#channel?.postMessage({ to: "leader", from: this.#id, id, method, params });
    });
  }

  /** Somebody leads now, perhaps this tab. */
  #askAgain() {
    for (const [id, { method, params, resolve, reject }] of [...this.#open]) {
      if (this.#leader) {
        this.#open.delete(id);
        this.#serve(method, params).then(resolve, reject);
      } else {
        this.#channel?.postMessage({ to: "leader", from: this.#id, id, method, params });
      }
    }
  }

  /** What is asked of the leader. @param {string} method @param {any} params @returns {Promise<any>} */
  async #serve(method, params) {
    const leader = this.#leader;
    if (!leader) throw new Refusal("stopped", "this tab lets the database go");
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
        return { state: leader.state, kind: this.memory ? "memory" : "opfs" };
      case "wind_up":
        return windUp(leader, params.whatWaits);
      default:
        throw new Refusal("invalid", `there is no ${method}`);
    }
  }

  // Writes.

  /** @param {any[]} all */
  async #mutate(all) {
    if (this.#role === "stopped") throw new Refusal("stopped", "this tab must be reloaded");
    if (!this.session.account) throw new Refusal("sign-in", "nobody is signed in");
    const writes = all.map((write) => ({ id: newId(), files: [], ...write }));
    if (this.#leader) {
      const reply = await this.#leader.call({ call: "mutate", writes });
      return { ids: reply.ids };
    }
    const id = newId();
    await inbox.keep(this.#name, id, writes);
    const shown = new Promise((resolve) => {
      this.#imports.set(id, resolve);
      setTimeout(resolve, SHOW_MS);
    });
    this.#channel?.postMessage({ to: "leader", inbox: true });
    /** @type {Leader | null} */ (this.#leader)?.importInbox();
    const told = await shown;
    if (told?.error) {
      await inbox.done(this.#name, id);
      throw new Refusal(told.error.kind, told.error.message);
    }
    return { ids: writes.map((write) => write.id) };
  }

  /** @param {Blob} file */
  async #stage(file) {
    if (this.#leader) return this.#leader.stage(file);
    if (!this.session.account) throw new Refusal("sign-in", "nobody is signed in");
    if (this.memory) throw new Refusal("unsupported", "pictures can be added in one tab only where nothing can be stored");
    const files = await Files.open(this.#name, false);
    return files.copy(newId(), file);
  }
}

/** Before the session ends: what waits is sent, or was to be kept or discarded. @param {Leader} leader @param {string} whatWaits */
async function windUp(leader, whatWaits) {
  if (whatWaits !== "send") return;
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

/** Removes all that was stored of an account. @param {string} name */
async function forget(name) {
  await inbox.clear(name);
  const root = await navigator.storage.getDirectory().catch(() => null);
  if (!root) return;
  for (const folder of ["outrigger", "outrigger-files"]) {
    const parent = await root.getDirectoryHandle(folder).catch(() => null);
    await parent?.removeEntry(name, { recursive: true }).catch(() => {});
  }
}

/** The name of an account's database: of letters and digits, the same in every tab. @param {string} server @param {string} account */
async function nameOf(server, account) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${server} ${account}`));
  return Array.from(new Uint8Array(digest).slice(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
