/**
 * A tab's place at the database of one account: it leads where it holds the lock of the database, else it follows whoever does.
 *
 * Owns the lock, the change from one to the other, and what tabs say to each other. A seat is of one account: who is signed in next has another. Never knows
 * the page, nor what is asked: that is passed on.
 */
import { loaded } from "./engine.js";
import { Refusal } from "./errors.js";
import { newId } from "./ids.js";
import { Leader } from "./leader.js";

/** What tabs say to each other has this form. One that is older gives way. */
const PROTOCOL = 2;
/** The files of a tab that has just died may be held for a moment. */
const HANDLES_WAIT_MS = 50;
const HANDLES_TRIES = 40;

/**
 * @typedef {object} Around
 * @property {(told: any) => void} tell of what happens in whichever tab leads
 * @property {(error: unknown) => void} fail this tab cannot go on
 * @property {(method: string, params: any, leader: Leader) => Promise<any>} serve what somebody asks of the leader
 */

export class Seat {
  /** @type {Leader | null} */
  #leader = null;
  /** Aborted where this tab is to lead or to wait no more. @type {AbortController | null} */
  #standing = null;
  #isOver = false;
  #id = newId();
  #role = "starting";
  #next = 0;
  /** What was asked of the leader and is not answered: asked again of the next. @type {Map<number, {method: string, params: any, resolve: (it: any) => void, reject: (it: any) => void}>} */
  #open = new Map();
  /** The last that each tab asked of this one: what is asked again and was heard is not done twice. @type {Map<string, number>} */
  #heardOf = new Map();

  /**
   * @param {string} name of the database @param {{id: string, name: string}} account @param {import("./session.js").Session} session @param {boolean} memory
   * @param {Around} around
   */
  constructor(name, account, session, memory, around) {
    this.name = name;
    this.account = account;
    this.session = session;
    this.memory = memory;
    this.around = around;
    this.channel = new BroadcastChannel(`outrigger:${name}`);
    this.channel.onmessage = ({ data }) => this.#heard(data);
    this.#say({ to: "all", hello: true });
  }

  /** The leader, where this tab has it. */
  get leader() {
    return this.#leader;
  }

  /** Leads where nobody does; else waits for the lead, and follows meanwhile. */
  async stand() {
    if (this.#isOver || this.#standing) return;
    const standing = new AbortController();
    this.#standing = standing;
    // Whoever holds the lock must be able to lead.
    await loaded;
    if (standing.signal.aborted) return;
    const lock = `outrigger:${this.name}`;
    const leads = await new Promise((resolve, reject) => {
      const lead = (/** @type {Lock | null} */ held) => (held ? this.#lead(standing, () => resolve(true)) : resolve(false));
      navigator.locks.request(lock, { ifAvailable: true }, lead).then(() => resolve(true), reject);
    });
    if (leads || standing.signal.aborted) return;
    this.#become("follower");
    const { signal } = standing;
    navigator.locks
      .request(lock, { signal }, () => this.#lead(standing, () => {}))
      .catch((error) => {
        if (!signal.aborted) this.around.fail(error);
      });
  }

  /** Holds the lock for as long as this runs. @param {AbortController} standing @param {() => void} begun */
  async #lead({ signal }, begun) {
    if (signal.aborted) return;
    const over = new Promise((resolve) => signal.addEventListener("abort", resolve));
    /** @type {Leader | undefined} */
    let leader;
    try {
      leader = await this.#openLeader(signal);
      if (signal.aborted) return;
      this.#leader = leader;
      this.#heardOf.clear();
      this.#become("leader");
      begun();
      this.around.tell({ type: "opened", existed: leader.existed, name: this.name });
      this.#say({ to: "all", leads: true });
      this.#askAgain();
      await leader.start();
      await over;
    } catch (error) {
      if (!signal.aborted) this.around.fail(error);
    } finally {
      leader?.stop();
      if (this.#leader === leader) this.#leader = null;
    }
  }

  /** @param {AbortSignal} signal */
  async #openLeader(signal) {
    const { name, account, session, memory } = this;
    const tell = (/** @type {any} */ told) => this.#tellAll(told);
    for (let tries = 1; ; tries++) {
      try {
        return await Leader.open({ name, account, session, memory, tell, fail: this.around.fail });
      } catch (error) {
        const mayPass = /NoModificationAllowed|Access Handle/.test(String(error));
        if (!mayPass || tries >= HANDLES_TRIES || signal.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, HANDLES_WAIT_MS));
      }
    }
  }

  /** Lets the database and its files go at once: another tab may lead. */
  release() {
    this.#standing?.abort();
    this.#standing = null;
    const leader = this.#leader;
    this.#leader = null;
    leader?.stop();
    this.#become("starting");
  }

  /** This tab leaves. */
  end() {
    this.release();
    this.#isOver = true;
    this.channel.close();
    for (const { reject } of this.#open.values()) reject(new Refusal("stopped", "somebody else signed in, or nobody is any more"));
    this.#open.clear();
  }

  /** @param {string} role */
  #become(role) {
    if (this.#role === role) return;
    this.#role = role;
    this.around.tell({ type: "role", role, why: null });
  }

  // Between tabs.

  /** Asks whoever leads. @param {string} method @param {any} params @returns {Promise<any>} */
  ask(method, params) {
    if (this.#leader) return this.around.serve(method, params, this.#leader);
    return new Promise((resolve, reject) => {
      const id = ++this.#next;
      this.#open.set(id, { method, params, resolve, reject });
      this.#say({ to: "leader", id, method, params });
    });
  }

  /** Somebody leads now, perhaps this tab. */
  #askAgain() {
    for (const [id, { method, params, resolve, reject }] of [...this.#open]) {
      if (this.#leader) {
        this.#open.delete(id);
        this.around.serve(method, params, this.#leader).then(resolve, reject);
      } else {
        this.#say({ to: "leader", id, method, params });
      }
    }
  }

  /** There is something in the inbox. */
  knock() {
    if (this.#leader) this.#leader.importInbox();
    else this.#say({ to: "leader", inbox: true });
  }

  /** @param {any} told */
  #tellAll(told) {
    this.around.tell(told);
    this.#say({ to: "all", told });
  }

  /** @param {object} what */
  #say(what) {
    if (!this.#isOver) this.channel.postMessage({ from: this.#id, protocol: PROTOCOL, ...what });
  }

  /** @param {any} said */
  #heard(said) {
    if (this.#isOver) return;
    const { protocol = 1 } = said;
    if (protocol > PROTOCOL) return this.around.fail(new Error("foreign: a newer version is open in another tab"));
    // It gives way when it hears that there is a newer one.
    if (protocol < PROTOCOL) return this.#say({ to: "all", hello: true });
    if (said.hello && this.#leader) this.#say({ to: said.from, leads: true });
    if (said.to === "leader" && this.#leader) {
      if (said.inbox) this.#leader.importInbox();
      if (said.method) this.#serveAnother(said, this.#leader);
    }
    if (said.told) this.around.tell(said.told);
    if (said.leads) {
      this.#askAgain();
      this.ask("snapshot", {}).then((snapshot) => this.around.tell({ type: "snapshot", ...snapshot }), () => {});
    }
    if (said.to === this.#id && said.answers) {
      const open = this.#open.get(said.answers);
      this.#open.delete(said.answers);
      if (said.error) open?.reject(new Refusal(said.error.kind, said.error.message));
      else open?.resolve(said.result);
    }
  }

  /** @param {{from: string, id: number, method: string, params: any}} asked @param {Leader} leader */
  async #serveAnother({ from, id, method, params }, leader) {
    if (id <= (this.#heardOf.get(from) ?? 0)) return;
    this.#heardOf.set(from, id);
    let answer;
    try {
      answer = { result: await this.around.serve(method, params, leader) };
    } catch (error) {
      const refusal = Refusal.of(error);
      // It is asked again of whoever leads next.
      if (refusal.kind === "stopped") return;
      answer = { error: { kind: refusal.kind, message: refusal.message } };
    }
    this.#say({ to: from, answers: id, ...answer });
  }
}
