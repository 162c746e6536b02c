/**
 * A queue that is none: enough of a client for somebody to play with the element in the gallery.
 *
 * Owns a list of rows and a timer that takes them away one by one. Never touches the engine or the network, and decides nothing as the engine does.
 */
import { IDLE, id, item } from "./samples.js";

/** @typedef {import("../../package/status/shapes.js").SyncStateShape} SyncStateShape */
/** @typedef {import("../../package/status/shapes.js").ItemShape} ItemShape */

const STEP_MS = 900;
const TEXTS = ["Low tide at six.", "Who has the key to the boathouse?", "Fog until noon.", "The buoy is back in its place."];
const REFUSED = /** @type {const} */ ({ reason: "rejected", status: 403, code: "forbidden", detail: "the harbour master has closed this thread" });

export class Simulation {
  state = new States();
  /** @type {ItemShape[]} */
  #items = [];
  #written = 0;
  #sent = 0;
  #isOnline = true;
  #refusesNext = false;
  #timer = 0;

  write() {
    this.#written += 1;
    const text = TEXTS[this.#written % TEXTS.length] ?? "";
    const create = { id: id(500 + this.#written), text, media: [] };
    this.#items.push(item(500 + this.#written, "post.create", { post: { create } }, { state: "ready" }));
    this.#tell();
  }

  refuseNext() {
    this.#refusesNext = true;
    this.write();
  }

  get isOnline() {
    return this.#isOnline;
  }

  async items() {
    return this.#items.slice();
  }

  /** @param {boolean} online */
  async setOnline(online) {
    this.#isOnline = online;
    this.#tell();
  }

  async triggerSync() {
    this.#tell();
  }

  async retryFailed() {
    const parked = this.#items.filter((it) => it.state === "parked");
    for (const { mutation } of parked) {
      await this.retry(mutation);
    }
    return parked.length;
  }

  /** @param {string} mutation */
  async retry(mutation) {
    this.#change(mutation, (it) => ({ ...it, state: "ready", parked: null }));
  }

  /**
   * @param {string} mutation
   * @param {unknown} to
   */
  async edit(mutation, to) {
    this.#change(mutation, (it) => ({ ...it, state: "ready", parked: null, payload: JSON.stringify(to) }));
  }

  /** @param {string} mutation */
  async discard(mutation) {
    this.#items = this.#items.filter((it) => it.mutation !== mutation);
    this.#tell();
    return { gone: [mutation] };
  }

  /**
   * @param {string} mutation
   * @param {(item: ItemShape) => ItemShape} change
   */
  #change(mutation, change) {
    this.#items = this.#items.map((it) => (it.mutation === mutation ? change(it) : it));
    this.#tell();
  }

  #waiting() {
    return this.#items.filter((it) => it.state !== "parked");
  }

  #tell() {
    const pending = this.#waiting().length;
    const failed = this.#items.length - pending;
    this.#sent = pending === 0 ? 0 : this.#sent;
    const progress = { done: this.#sent, total: this.#sent + pending };
    const isSending = this.#isOnline && pending > 0;
    const kind = !this.#isOnline ? "offline" : isSending ? "syncing" : failed > 0 ? "error" : "idle";
    this.state.tell({ ...IDLE, kind, pending, failed, progress, cause: this.#isOnline ? null : "by_choice" });
    clearTimeout(this.#timer);
    if (isSending) {
      this.#timer = window.setTimeout(() => this.#step(), STEP_MS);
    }
  }

  #step() {
    const first = this.#waiting()[0];
    if (first && this.#refusesNext) {
      this.#refusesNext = false;
      this.#change(first.mutation, (it) => ({ ...it, state: "parked", attempts: 1, parked: REFUSED }));
      return;
    }
    this.#items = this.#items.filter((it) => it !== first);
    this.#sent += 1;
    this.#tell();
  }
}

/** As the package's states: the one of now, and an event for each change. */
class States extends EventTarget {
  /** @type {SyncStateShape} */
  current = IDLE;

  /** @param {SyncStateShape} state */
  tell(state) {
    this.current = state;
    this.dispatchEvent(new Event("change"));
  }
}
