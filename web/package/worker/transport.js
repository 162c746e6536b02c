/**
 * Requests to the server: what the engine wants sent, and reads.
 *
 * Owns fetch and the credentials that go along. What an answer means is the engine's to say; nothing is sent twice from here.
 */

/** @typedef {{status: number, headers: [string, string][], body: Uint8Array}} Answer */

/** The largest answer that is read. */
const ANSWER_BYTES_MAX = 64 << 20;

export class Transport {
  /** @type {Map<number, AbortController>} */
  #underWay = new Map();

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * Sends a request; what came of it is told to `answered` or `unreached`, unless it is given up.
   * @param {any} effect @param {(effect: any) => Promise<BodyInit | undefined>} bodyOf
   * @param {{answered: (attempt: number, answer: Answer) => void, unreached: (attempt: number, reason: string) => void}} to
   */
  async send(effect, bodyOf, to) {
    const { attempt, method, path, headers, timeout_ms } = effect;
    const controller = new AbortController();
    this.#underWay.set(attempt, controller);
    const timer = setTimeout(() => controller.abort(new Error("no answer in time")), timeout_ms);
    try {
      const body = await bodyOf(effect.body);
      const answer = await this.fetch(path, { method, headers, body, signal: controller.signal });
      if (this.#underWay.delete(attempt)) to.answered(attempt, answer);
    } catch (error) {
      if (this.#underWay.delete(attempt)) to.unreached(attempt, reason(controller, error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {number} attempt */
  abort(attempt) {
    const controller = this.#underWay.get(attempt);
    this.#underWay.delete(attempt);
    controller?.abort();
  }

  abortAll() {
    for (const attempt of [...this.#underWay.keys()]) this.abort(attempt);
  }

  /**
   * @param {string} path @param {RequestInit & {headers?: any}} request @returns {Promise<Answer>}
   */
  async fetch(path, request) {
    // The server may be below a path of its own; what it names itself may be a whole address.
    const url = new URL(path.startsWith("/") ? this.session.server + path : path);
    if (url.origin !== new URL(this.session.server).origin) throw new Error("the server named an address that is not its own");
    const headers = new Headers(request.headers);
    if (this.session.token) headers.set("authorization", `Bearer ${this.session.token}`);
    // A redirect is not followed: who redirects is not the server.
    const response = await fetch(url, { ...request, headers, credentials: "omit", cache: "no-store", redirect: "manual" });
    if (response.type === "opaqueredirect") return { status: 302, headers: [], body: new Uint8Array() };
    const length = Number(response.headers.get("content-length") ?? 0);
    if (length > ANSWER_BYTES_MAX) throw new Error("the answer is too large");
    const body = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: [...response.headers], body };
  }
}

/** @param {AbortController} controller @param {unknown} error */
function reason(controller, error) {
  const cause = controller.signal.reason;
  if (controller.signal.aborted && cause instanceof Error && cause.name !== "AbortError") return cause.message;
  return error instanceof Error ? error.message : "the connection broke";
}
