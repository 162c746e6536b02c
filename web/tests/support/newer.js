/**
 * The real server, behind an address at which another build of the app can be said to be served.
 *
 * Owns the version in `/build.json`. Everything else is the server's.
 */
import { once } from "node:events";
import { createServer, request } from "node:http";

export class Newer {
  /** What is said; `null`: what the server says. @type {string | null} */
  version = null;

  /** @param {string} to the address of a server */
  static async open(to) {
    const newer = new Newer();
    const server = createServer((asked, answer) => newer.#pass(to, asked, answer));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    return Object.assign(newer, { server, url: `http://127.0.0.1:${port}` });
  }

  /** Nothing answers from now on. */
  async close() {
    const { server } = /** @type {any} */ (this);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** @param {string} to @param {import("node:http").IncomingMessage} asked @param {import("node:http").ServerResponse} answer */
  async #pass(to, asked, answer) {
    if (asked.url === "/build.json" && this.version) {
      const build = await (await fetch(new URL(asked.url, to))).json();
      answer.setHeader("content-type", "application/json").end(JSON.stringify({ ...build, version: this.version }));
      return;
    }
    const passed = request(new URL(asked.url ?? "/", to), { method: asked.method, headers: asked.headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  }
}
