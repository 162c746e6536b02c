/**
 * The tab that holds the database: it hands the engine what happens and does what the engine says.
 *
 * Owns the engine's host, its timers, who waits for a reply, and the reserve. Decides nothing: not whether to send, not when, not again.
 */
import { Host } from "../wasm/outrigger_web.js";
import { Refusal } from "./errors.js";
import { Files } from "./files.js";
import { newId } from "./ids.js";
import * as inbox from "./inbox.js";
import { Transport } from "./transport.js";

const PERIOD_MS = 30_000;
/** How long after a commit that had to be put off it is tried again. */
const PUT_OFF_MS = 1_000;
/** What passes: what is in the inbox waits for it. */
const PASSING = new Set(["disk-full", "locked", "stopped"]);
/** A fault of the database may pass; where it is of what was written it does not. */
const IMPORT_TRIES = 5;

export class Leader {
  /** @type {Map<number, {resolve: (reply: any) => void, reject: (error: unknown) => void}>} */
  #calls = new Map();
  #nextCall = 0;
  #timer = 0;
  #period = 0;
  #putOff = 0;
  /** What could not be committed yet. @type {(() => string)[]} */
  #carried = [];
  #importing = Promise.resolve();
  /** Whether space is kept for what waits, as the engine was told. @type {boolean | null} */
  #holdsReserve = null;
  /** It is being taken or let go. */
  #reserving = Promise.resolve();
  /** When the state was told. */
  #stateAt = 0;
  /** How often the entry that is first in the inbox could not be taken over. */
  #importTries = 0;

  /**
   * Opens the database. Whoever calls this holds the lock of its name.
   * @param {{name: string, account: {id: string, name: string}, session: import("./session.js").Session, memory: boolean, tell: (told: any) => void, fail: (error: any) => void}} with_
   */
  static async open({ name, account, session, memory, tell, fail }) {
    const settings = { name, server: session.server, account, memory };
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const open = () => Host.open(JSON.stringify(settings), seed, Date.now(), performance.now());
    const files = await Files.open(name, memory);
    const host = await open().catch(async (error) => {
      if (!isFull(error) || !(await files.releaseReserve())) throw error;
      return open();
    });
    return new Leader(name, host, files, session, tell, fail);
  }

  /**
   * @param {string} name @param {Host} host @param {Files} files @param {import("./session.js").Session} session
   * @param {(told: any) => void} tell @param {(error: any) => void} fail
   */
  constructor(name, host, files, session, tell, fail) {
    this.name = name;
    /** @type {any} `null` once it was let go */
    this.host = host;
    this.files = files;
    this.session = session;
    this.transport = new Transport(session);
    this.tell = tell;
    this.fail = fail;
    /** @type {import("../types/index.js").SyncState | null} */
    this.state = null;
    this.existed = host.existed();
  }

  /** What was left behind is swept, what waits is sent. */
  async start() {
    this.notice({ notice: "started" });
    this.#period = setInterval(() => {
      this.notice({ notice: "tick" });
      this.#holdReserve();
    }, PERIOD_MS);
    this.#holdReserve();
    this.importInbox();
    const old = await this.files.old();
    if (old.length === 0) return;
    const kept = new Set((await inbox.waiting(this.name)).flatMap((entry) => filesOf(entry.writes)));
    if (!this.host) return;
    for (const file of this.query({ query: "unknown_files", files: old })) {
      if (!kept.has(file)) await this.files.remove(file);
    }
  }

  /** Lets everything go, so that another tab can open the database. */
  stop() {
    clearInterval(this.#period);
    clearTimeout(this.#timer);
    clearTimeout(this.#putOff);
    this.transport.abortAll();
    const host = this.host;
    this.host = null;
    if (!host) return;
    for (const { reject } of this.#calls.values()) reject(new Refusal("stopped", "this tab lets the database go"));
    this.#calls.clear();
    try {
      host.notice(Date.now(), performance.now(), JSON.stringify({ notice: "closing" }));
    } catch {
      // Then it ends as if it had died: whoever leads next finds it so.
    }
    try {
      host.release();
    } catch (error) {
      // The files are let go with this Worker.
      this.fail(error);
    }
  }

  /** The state, and what of its times is left. */
  stateNow() {
    const { state } = this;
    if (state?.next_attempt_in_ms == null) return state;
    const age = Math.round(performance.now() - this.#stateAt);
    return { ...state, next_attempt_in_ms: Math.max(0, state.next_attempt_in_ms - age) };
  }

  /** Something happened. @param {object} what */
  notice(what) {
    const text = JSON.stringify(what);
    this.#commit(() => this.host.notice(Date.now(), performance.now(), text));
  }

  /** Something is asked of the engine; resolves with its reply. @param {object} what @returns {Promise<any>} */
  async call(what) {
    // Whoever has made room meanwhile is not to wait for it to be noticed.
    if (this.#holdsReserve === false) await this.#holdReserve();
    if (!this.host) throw new Refusal("stopped", "this tab lets the database go");
    const id = ++this.#nextCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      try {
        this.#perform(this.host.call(Date.now(), performance.now(), id, JSON.stringify(what)));
      } catch (error) {
        this.#calls.delete(id);
        reject(error);
      }
    });
  }

  /** @param {object} what @returns {any} */
  query(what) {
    if (!this.host) throw new Refusal("stopped", "this tab lets the database go");
    return JSON.parse(this.host.query(JSON.stringify(what)));
  }

  /** Copies a file to where it can wait. @param {Blob} blob */
  async stage(blob) {
    const file = newId();
    await this.call({ call: "stage", files: [file] });
    return this.files.copy(file, blob);
  }

  /** Writes. A tab that did not lead has copied files without a word to the engine, which is to know of them first. @param {any[]} writes */
  async mutate(writes) {
    const files = filesOf(writes);
    if (files.length > 0) await this.call({ call: "stage", files });
    return this.call({ call: "mutate", writes });
  }

  /** Takes over what other tabs wrote, in its order. */
  importInbox() {
    this.#importing = this.#importing.then(() => this.#import()).catch(this.fail);
    return this.#importing;
  }

  async #import() {
    for (const entry of await inbox.waiting(this.name)) {
      if (!this.host) return;
      try {
        await this.mutate(entry.writes);
        await inbox.done(this.name, entry.id);
        this.tell({ type: "imported", id: entry.id });
      } catch (error) {
        const { kind, message } = Refusal.of(error);
        this.#importTries += 1;
        if (PASSING.has(kind) || (kind === "database" && this.#importTries < IMPORT_TRIES)) {
          setTimeout(() => this.host && this.importInbox(), PUT_OFF_MS);
          return;
        }
        await inbox.refuse(this.name, entry, { kind, message });
        this.tell({ type: "imported", id: entry.id, writes: entry.writes, error: { kind, message } });
      }
      this.#importTries = 0;
    }
  }

  /** Reads from the server into the database. @param {object} what @returns {Promise<{next: string | null, users: string[]}>} */
  async read(what) {
    const found = await this.#read(what);
    for (const post of found.missing) await this.#read({ read: "post", post });
    return { next: found.next, users: found.users };
  }

  /** @param {object} what @returns {Promise<{next: string | null, users: string[], missing: string[]}>} */
  async #read(what) {
    if (!this.host) throw new Refusal("stopped", "this tab lets the database go");
    if (this.state?.cause === "by_choice") throw new Refusal("offline", "you are offline by choice: go online first");
    const begun = JSON.parse(this.host.begin_read(JSON.stringify(what)) ?? "null");
    if (!begun) return { next: null, users: [], missing: [] };
    const { reading, paths } = begun;
    try {
      const responses = [];
      for (const path of paths) responses.push(await this.get(path));
      if (!this.host) throw new Refusal("stopped", "this tab lets the database go");
      const text = JSON.stringify(responses.map(asText));
      const [first, ...rest] = JSON.parse(this.host.finish_read(Date.now(), performance.now(), reading, text));
      this.#do(rest);
      return first.reply;
    } finally {
      this.host?.abandon_read(reading);
    }
  }

  /** A GET as the user, with the session renewed where that is needed. @param {string} path */
  async get(path) {
    for (const again of [true, false]) {
      const response = await this.transport.fetch(path, { signal: AbortSignal.timeout(PERIOD_MS) }).catch(() => null);
      if (!response) throw new Refusal("offline", "the server is not reached: what is here is shown");
      if (response.status !== 401 || !again) return response;
      const how = await this.session.renew();
      if (how !== "renewed") {
        this.notice({ notice: "refreshed", how });
        if (how === "invalid_grant") throw new Refusal("sign-in", "the session has ended: sign in again");
        throw new Refusal("offline", "the session could not be renewed: try again");
      }
    }
    throw new Refusal("sign-in", "the session has ended: sign in again");
  }

  /** The bytes of a picture: from here while it waits, else from the server. @param {{sha256: string, server_id: string | null, type: string}} media */
  async media({ sha256, server_id, type }) {
    const file = this.query({ query: "attachment_file", sha256 });
    if (file) {
      const here = await this.files.read(file).catch(() => null);
      if (here) return new Blob([here], { type });
    }
    if (!server_id) throw new Refusal("missing", "the picture is not here any more");
    const response = await this.get(`/v1/media/${encodeURIComponent(server_id)}`);
    if (response.status !== 200) throw new Refusal("missing", "the server does not have the picture");
    return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (response.body)], { type });
  }

  /** Commits; what cannot be now is brought again, in its order. @param {() => string} work */
  #commit(work) {
    if (!this.host) return;
    if (this.#carried.length > 0) {
      this.#carried.push(work);
      return;
    }
    try {
      this.#perform(work());
    } catch (error) {
      this.#putOffOrFail(work, error);
    }
  }

  /** @param {() => string} work @param {unknown} error */
  #putOffOrFail(work, error) {
    if (!isFull(error) && !wordOf(error, "locked")) {
      this.fail(error);
      return;
    }
    this.#carried.unshift(work);
    if (isFull(error)) this.#releaseReserve();
    this.#putOff = setTimeout(() => this.#commitCarried(), PUT_OFF_MS);
  }

  #commitCarried() {
    clearTimeout(this.#putOff);
    const carried = this.#carried;
    this.#carried = [];
    for (const one of carried) this.#commit(one);
  }

  /** There is no more room: what waits may use what was kept for it, and nothing new is taken on. */
  #releaseReserve() {
    this.#reserving = this.#reserving.then(async () => {
      if (!this.#holdsReserve || !(await this.files.releaseReserve()) || !this.host) return;
      this.#holdsReserve = false;
      const text = JSON.stringify({ notice: "reserve", held: false });
      this.#carried.unshift(() => this.host.notice(Date.now(), performance.now(), text));
      this.#commitCarried();
    });
  }

  /** Keeps space for what waits, again where it was let go and there is room. */
  #holdReserve() {
    this.#reserving = this.#reserving.then(async () => {
      const held = await this.files.holdReserve();
      if (!this.host || held === this.#holdsReserve) return;
      this.#holdsReserve = held;
      this.notice({ notice: "reserve", held });
      // What was put off for want of room need not wait any more.
      this.#commitCarried();
    });
    return this.#reserving;
  }

  /** @param {string} effects */
  #perform(effects) {
    this.#do(JSON.parse(effects));
  }

  /** @param {import("../types/index.js").EffectOut[]} effects */
  #do(effects) {
    for (const effect of effects) this.#one(effect);
  }

  /** @param {import("../types/index.js").EffectOut} effect */
  #one(effect) {
    switch (effect.effect) {
      case "reply":
        this.#settle(effect.call, ({ resolve }) => resolve(effect.reply));
        break;
      case "refused":
        this.#settle(effect.call, ({ reject }) => reject(new Refusal(effect.kind, effect.message)));
        if (effect.kind === "disk-full") this.#releaseReserve();
        break;
      case "send":
        this.transport.send(effect, (body) => this.#body(body), {
          answered: (attempt, { status, headers, body }) => {
            const text = JSON.stringify(headers);
            this.#commit(() => this.host.answered(Date.now(), performance.now(), attempt, status, text, body));
          },
          unreached: (attempt, reason) => {
            this.#commit(() => this.host.unreached(Date.now(), performance.now(), attempt, reason));
          },
        });
        break;
      case "abort":
        this.transport.abort(effect.attempt);
        break;
      case "refresh":
        this.session.renew().then(
          (/** @type {string} */ how) => this.notice({ notice: "refreshed", how }),
          () => this.notice({ notice: "refreshed", how: "failed" }),
        );
        break;
      case "wake":
        clearTimeout(this.#timer);
        if (effect.after_ms !== null) this.#timer = setTimeout(() => this.notice({ notice: "tick" }), effect.after_ms);
        break;
      case "remove_file":
        this.files.remove(effect.file).catch(() => this.notice({ notice: "not_removed", file: effect.file }));
        break;
      case "status":
        this.state = effect.state;
        this.#stateAt = performance.now();
        this.tell({ type: "status", state: effect.state });
        break;
      case "changed":
        this.tell({ type: "changed", entities: effect.entities });
        break;
      case "changed_elsewhere":
        this.tell({ type: "changed", entities: null });
        break;
      case "settled":
        this.tell({ type: "settled", mutation: effect.mutation, outcome: effect.outcome });
        break;
    }
  }

  /** @param {number} call @param {(waiting: {resolve: (reply: any) => void, reject: (error: unknown) => void}) => void} how */
  #settle(call, how) {
    const waiting = this.#calls.get(call);
    this.#calls.delete(call);
    if (waiting) how(waiting);
  }

  /** @param {import("../types/index.js").BodyOut} body @returns {Promise<BodyInit | undefined>} */
  async #body(body) {
    switch (body.body) {
      case "text":
        return body.text;
      case "file_part":
        return this.files.read(body.file, body.offset, body.length);
      default:
        return undefined;
    }
  }
}

/** Whether this is the engine's word for an error. @param {unknown} error @param {string} word */
function wordOf(error, word) {
  return (error instanceof Error ? error.message : String(error)).startsWith(`${word}:`);
}

/** Whether the browser gives no more room. @param {unknown} error */
function isFull(error) {
  return wordOf(error, "disk-full");
}

/** @param {{files?: {file: string}[]}[]} writes */
function filesOf(writes) {
  return writes.flatMap((write) => (write.files ?? []).map((file) => file.file));
}

/** @param {import("./transport.js").Answer} answer */
function asText({ status, headers, body }) {
  return { status, headers, body: new TextDecoder().decode(body) };
}
