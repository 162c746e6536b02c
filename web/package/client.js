/**
 * The client of a page: a handle to the Worker of this tab.
 *
 * Owns the page's side: requests, states, live queries, the page's life cycle. What is asked is answered in the Worker, by this tab or by the one that leads.
 */
import { OutriggerError } from "./error.js";
import { Live } from "./live.js";
import { newId } from "./worker/ids.js";
import { States } from "./states.js";

export class Client extends EventTarget {
  /** @type {{id: string, name: string} | null} */
  account = null;
  role = "starting";
  /** @type {string | null} */
  stopped = null;
  /** @type {{kind: string, persisted: boolean, evicted: boolean, usage?: number, quota?: number}} */
  storage = { kind: "opfs", persisted: false, evicted: false };
  state = new States();
  /** @type {Set<Live>} */
  #lives = new Set();
  /** @type {Map<number, {resolve: (it: any) => void, reject: (it: any) => void}>} */
  #open = new Map();
  /** @type {Map<string, {resolve: (outcome: any) => void, reject: (error: OutriggerError) => void}>} */
  #awaited = new Map();
  /** What was not kept, and nobody has heard of. @type {{name: string, id: string, error: {kind: string, message: string}}[]} */
  #refused = [];
  #hearsRefused = false;
  #next = 0;
  /** @type {Worker} */
  #worker;
  /** @type {MessagePort} */
  #port;
  #end = new AbortController();

  /** @param {{server?: string, assets?: string}} options */
  constructor({ server = location.origin, assets = new URL(".", import.meta.url).href }) {
    super();
    this.#worker = new Worker(new URL("worker.js", assets), { type: "module" });
    this.#worker.onerror = (event) => this.#stop(`its Worker could not be started: reload this tab (${event.message ?? ""})`);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.#heard(data);
    this.#worker.postMessage({ port: port2, options: { server: server.replace(/\/+$/, "") } }, [port2]);
    this.#bringEngine(new URL("wasm/outrigger_web_bg.wasm", assets));
  }

  /** @param {URL} address */
  async #bringEngine(address) {
    try {
      await this.#request("engine", { compiled: await compile(address) });
    } catch (error) {
      this.#stop(`the engine could not be loaded: reload this tab (${error instanceof Error ? error.message : error})`);
    }
  }

  async open() {
    this.#watchPage();
    const [{ account, kind }] = await Promise.all([this.#request("open"), this.#lookAtStorage()]);
    this.account = account;
    this.#changeStorage({ kind });
  }

  /** Who listens hears as well of what was not kept before. @override @type {EventTarget["addEventListener"]} */
  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    if (type !== "refused") return;
    this.#hearsRefused = true;
    queueMicrotask(() => this.#tellRefused());
  }

  #tellRefused() {
    if (!this.#hearsRefused) return;
    for (const { name, id, error } of this.#refused.splice(0)) {
      this.dispatchEvent(new CustomEvent("refused", { detail: new OutriggerError(error.kind, error.message) }));
      this.#request("heard", { name, id }).catch(() => {});
    }
  }

  /** Pages come and go: what is held is let go first, and taken again. Browsers tell pages of the network, not Workers. */
  #watchPage() {
    const { signal } = this.#end;
    const tell = (/** @type {string} */ method) => this.#request(method).catch(() => {});
    const network = () => this.#request("notice", { notice: "network", up: navigator.onLine }).catch(() => {});
    addEventListener("pagehide", () => tell("release"), { signal });
    addEventListener("pageshow", (event) => event.persisted && tell("resume"), { signal });
    document.addEventListener("freeze", () => tell("release"), { signal });
    document.addEventListener("resume", () => tell("resume"), { signal });
    addEventListener("online", network, { signal });
    addEventListener("offline", network, { signal });
  }

  async #lookAtStorage() {
    const persisted = (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
    const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    this.#changeStorage({ persisted, usage, quota });
  }

  /** @param {Partial<Client["storage"]>} what */
  #changeStorage(what) {
    this.storage = { ...this.storage, ...what };
    this.dispatchEvent(new Event("storage"));
  }

  /** Nothing works any more. What the Worker holds is let go with it. @param {string} why */
  #stop(why) {
    if (this.stopped) return;
    this.role = "stopped";
    this.stopped = why;
    this.#end.abort();
    this.#port.close();
    this.#worker.terminate();
    this.#giveUp(this.#open, why);
    this.#giveUp(this.#awaited, why);
    this.dispatchEvent(new Event("role"));
  }

  /** Nobody will answer these. @param {Map<any, {reject: (error: OutriggerError) => void}>} waiting @param {string} why */
  #giveUp(waiting, why) {
    for (const { reject } of waiting.values()) reject(new OutriggerError("stopped", why));
    waiting.clear();
  }

  /** @param {string} method @param {any} [params] @returns {Promise<any>} */
  #request(method, params = {}) {
    if (this.stopped) return Promise.reject(new OutriggerError("stopped", this.stopped));
    return new Promise((resolve, reject) => {
      const id = ++this.#next;
      this.#open.set(id, { resolve, reject });
      this.#port.postMessage({ id, method, params });
    });
  }

  /** @param {{id: number, result: any, error?: {kind: string, message: string}, told?: any}} data */
  #heard({ id, result, error, told }) {
    if (told) return this.#told(told);
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (error) open?.reject(new OutriggerError(error.kind, error.message));
    else open?.resolve(result);
  }

  /** @param {any} told what happened in the Worker */
  #told(told) {
    if (this.stopped) return;
    switch (told.type) {
      case "status":
        return this.state.show(told.state);
      case "changed":
        for (const live of this.#lives) live.refresh();
        return;
      case "settled":
        return this.#settle(told.mutation, told.outcome);
      case "account":
        if (told.erased) forgetNote(told.erased);
        return this.#changeAccount(told.account);
      case "role":
        if (told.role === "stopped") return this.#stop(told.why);
        this.role = told.role;
        this.dispatchEvent(new Event("role"));
        if (told.role === "leader") this.#everythingMayDiffer();
        return;
      case "snapshot":
        if (told.state) this.state.show(told.state);
        return this.#everythingMayDiffer();
      case "opened":
        return this.#opened(told);
      case "refused":
        return this.#hearRefused(told);
    }
  }

  /** @param {{name: string, id: string, mutations: string[], error: {kind: string, message: string}}} refused */
  #hearRefused(refused) {
    for (const mutation of refused.mutations) {
      this.#awaited.get(mutation)?.reject(new OutriggerError(refused.error.kind, refused.error.message));
      this.#awaited.delete(mutation);
    }
    this.#refused.push(refused);
    this.#tellRefused();
  }

  /** @param {{id: string, name: string} | null} account */
  #changeAccount(account) {
    if (this.account?.id === account?.id) return;
    this.account = account;
    this.#giveUp(this.#awaited, "somebody else signed in, or nobody is any more");
    this.state.reset();
    this.dispatchEvent(new Event("account"));
    this.#everythingMayDiffer();
  }

  /**
   * A browser may evict what it has not promised to keep: a note outside of what is evicted with it tells.
   * @param {{existed: boolean, name: string}} opened
   */
  #opened({ existed, name }) {
    let evicted = false;
    try {
      evicted = !existed && localStorage.getItem(noteOf(name)) !== null;
      localStorage.setItem(noteOf(name), "stored");
    } catch {
      // No notes can be kept: then nothing is claimed.
    }
    this.#changeStorage({ evicted });
  }

  #everythingMayDiffer() {
    for (const live of this.#lives) live.refresh();
    for (const mutation of this.#awaited.keys()) this.#askFor(mutation);
  }

  /** @param {string} mutation */
  #askFor(mutation) {
    this.query({ query: "standing", mutation }).then(
      (it) => it.standing === "settled" && this.#settle(mutation, it.outcome),
      () => {},
    );
  }

  /** @param {string} mutation @param {import("./types/index.js").Outcome} outcome */
  #settle(mutation, outcome) {
    this.#awaited.get(mutation)?.resolve(outcome);
    this.#awaited.delete(mutation);
  }

  // What an app calls: see index.d.ts.

  /** @param {string} name @param {string} password */
  signUp(name, password) {
    return this.#request("sign_up", { name, password });
  }

  /** @param {string} name @param {string} password */
  signIn(name, password) {
    return this.#request("sign_in", { name, password });
  }

  /** @param {"send" | "keep" | "discard"} whatWaits */
  signOut(whatWaits) {
    return this.#request("sign_out", { whatWaits });
  }

  newId() {
    return newId();
  }

  /** @param {Blob} file */
  stage(file) {
    return this.#request("stage", { file });
  }

  /** @param {any[]} writes */
  async mutate(...writes) {
    const all = writes.map((write) => ("mutation" in write ? write : { mutation: write }));
    const { ids } = await this.#request("mutate", { writes: all });
    return new Written(ids, (id) => this.#outcome(id));
  }

  /** What becomes of a mutation; it may have become so already. @param {string} mutation @returns {Promise<any>} */
  #outcome(mutation) {
    return new Promise((resolve, reject) => {
      this.#awaited.set(mutation, { resolve, reject });
      this.#askFor(mutation);
    });
  }

  /** @param {import("./types/index.js").Query} query */
  query(query) {
    return this.#request("query", query);
  }

  /** @param {import("./types/index.js").Query} query */
  live(query) {
    const live = new Live(
      () => this.query(query),
      (closed) => this.#lives.delete(closed),
    );
    this.#lives.add(live);
    return live;
  }

  /** @param {import("./types/index.js").Wanted} read */
  read(read) {
    return this.#request("read", read);
  }

  /** @param {{sha256: string, server_id: string | null, type: string}} media */
  async mediaUrl(media) {
    return URL.createObjectURL(await this.#request("media", media));
  }

  /** @param {import("./types/index.js").FilterIn} [filter] */
  items(filter = "all") {
    return this.query({ query: "items", filter });
  }

  journal() {
    return this.query({ query: "journal" });
  }

  /** @param {string} entity */
  entityStatus(entity) {
    return this.query({ query: "entity_status", entity });
  }

  triggerSync() {
    return this.#request("notice", { notice: "trigger_sync" });
  }

  async retryFailed() {
    return (await this.#request("call", { call: "retry_failed" })).count;
  }

  /** @param {string} mutation */
  async retry(mutation) {
    await this.#request("call", { call: "retry", mutation });
  }

  /** @param {string} mutation @param {any} to */
  async edit(mutation, to) {
    await this.#request("call", { call: "edit", mutation, with: to });
  }

  /** @param {string} mutation */
  async discard(mutation) {
    const { gone } = await this.#request("call", { call: "discard", mutation });
    return { gone };
  }

  /** @param {boolean} online */
  async setOnline(online) {
    await this.#request("call", { call: "set_online", online });
  }

  async acceptServer() {
    await this.#request("call", { call: "accept_server" });
  }

  async persist() {
    const persisted = (await navigator.storage?.persist?.()) ?? false;
    this.#changeStorage({ persisted });
    return persisted;
  }

  async exportQueue() {
    return JSON.stringify(await this.query({ query: "export" }), null, 2);
  }

  async close() {
    await this.#request("release").catch(() => {});
    for (const live of [...this.#lives]) live.close();
    this.#stop("the client was closed");
  }
}

/** Where it is noted that there is a database. @param {string} name */
const noteOf = (name) => `outrigger:${name}`;

/** What was removed on purpose was not evicted. @param {string} name */
function forgetNote(name) {
  try {
    localStorage.removeItem(noteOf(name));
  } catch {
    // Then there is none.
  }
}

/** Compiles while it is being fetched, where the server says what it is. @param {URL} address */
async function compile(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const isNamed = response.headers.get("content-type")?.startsWith("application/wasm");
  return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** Writes that are durable. What becomes of them is asked for by whoever wants to know. */
class Written {
  #outcome;
  /** @type {Promise<any> | undefined} */
  #synced;

  /** @param {string[]} ids @param {(id: string) => Promise<any>} outcome */
  constructor(ids, outcome) {
    this.ids = ids;
    this.#outcome = outcome;
  }

  get synced() {
    this.#synced ??= Promise.all(this.ids.map(this.#outcome)).then(
      (outcomes) => outcomes.find((it) => it.outcome !== "synced") ?? { outcome: "synced" },
    );
    return this.#synced;
  }
}
