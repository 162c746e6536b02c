/**
 * The server's API, as somebody else on another device uses it: to prepare what a test meets, and to see what really arrived.
 *
 * Owns requests that are made once. Never stands in for the engine: what a test writes in the page goes through the page.
 */

/**
 * @typedef {{ name: string, password: string }} Person
 */

let people = 0;

/** Somebody whom no server has seen: each test has its own people. */
export function newPerson(name = "ada") {
  people += 1;
  return { name: `${name}${process.pid}x${people}`, password: "correct horse" };
}

export class Api {
  /**
   * @param {string} url of the server
   * @param {string} [token]
   */
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  /**
   * Makes an account, and speaks for it.
   *
   * @param {Person} person
   */
  async signUp(person) {
    return this.#session("/v1/accounts", person);
  }

  /** @param {Person} person */
  async signIn(person) {
    return this.#session("/v1/sessions", person);
  }

  /** @param {string} path */
  async get(path) {
    return this.send("GET", path);
  }

  /**
   * One request, and its JSON. Anything but success is an error: a test that expects less says so itself.
   *
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async send(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(new URL(path, this.url), { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /**
   * @param {string} path
   * @param {Person} person
   */
  async #session(path, person) {
    const session = await this.send("POST", path, person);
    const api = new Api(this.url, session.access_token);
    return Object.assign(api, { account: session.account });
  }
}
