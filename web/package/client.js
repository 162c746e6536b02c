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
  /** @type {Map<string, (outcome: any) => void>} */
  #awaited = new Map();
  #next = 0;
  /** @type {Worker} */
  #worker;
  /** @type {MessagePort} */
  #port;
  #end = new AbortController();

  /** @param {{server?: string, assets?: string}} options */
  constructor({ server = location.origin, assets = new URL(".", import.meta.url).href }) {
    super();
    const memory = !navigator.storage?.getDirectory;
    this.storage.kind = memory ? "memory" : "opfs";
    this.#worker = new Worker(new URL("worker.js", assets), { type: "module" });
    this.#worker.onerror = (event) => this.#stop(`its Worker could not be started: reload this tab (${event.message ?? ""})`);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.#heard(data);
    this.#worker.postMessage({ port: port2, options: { server: server.replace(/\/+$/, ""), memory } }, [port2]);
    this.#bringEngine(new URL("wasm/outrigger_web_bg.wasm", assets));
  }

  /** @param {URL} address */
  async #bringEngine(address) {
    try {
      await this.#request("engine", { compiled: await compile(address) });
    } catch (error) {
      if (!this.stopped) this.#stop(`the engine could not be loaded: reload this tab (${error instanceof Error ? error.message : error})`);
    }
  }

  async open() {
    this.#watchPage();
    const [{ account }] = await Promise.all([this.#request("open"), this.#lookAtStorage()]);
    this.account = account;
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

  /** @param {string} why */
  #stop(why) {
    this.role = "stopped";
    this.stopped = why;
    this.dispatchEvent(new Event("role"));
    for (const { reject } of this.#open.values()) reject(new OutriggerError("stopped", why));
    this.#open.clear();
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
    switch (told.type) {
      case "status":
        return this.state.show(told.state);
      case "changed":
        for (const live of this.#lives) live.refresh();
        return;
      case "settled":
        return this.#settle(told.mutation, told.outcome);
      case "account":
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
      case "imported":
        if (told.error) this.dispatchEvent(new CustomEvent("refused", { detail: told.error }));
        return;
    }
  }

  /** @param {{id: string, name: string} | null} account */
  #changeAccount(account) {
    if (this.account?.id === account?.id) return;
    this.account = account;
    this.state.reset();
    this.dispatchEvent(new Event("account"));
    this.#everythingMayDiffer();
  }

  /**
   * A browser may evict what it has not promised to keep: a note outside of what is evicted with it tells.
   * @param {{existed: boolean, kind: string, name: string}} opened
   */
  #opened({ existed, kind, name }) {
    const note = `outrigger:${name}`;
    let evicted = false;
    try {
      evicted = kind === "opfs" && !existed && localStorage.getItem(note) !== null;
      localStorage.setItem(note, "stored");
    } catch {
      // No notes can be kept: then nothing is claimed.
    }
    this.#changeStorage({ kind, evicted });
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
    this.#awaited.get(mutation)?.(outcome);
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
    return new Promise((resolve) => {
      this.#awaited.set(mutation, resolve);
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
    this.#end.abort();
    for (const live of [...this.#lives]) live.close();
    this.#port.close();
    this.#worker.terminate();
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
