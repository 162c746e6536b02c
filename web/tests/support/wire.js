/**
 * A wire to a server that can be cut: a TCP proxy, so that what the browser meets is a connection that broke.
 *
 * Owns which request is cut, and on which way. Never changes a byte.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** How a request begins that changes something. */
const WRITES = /^(POST|PUT|PATCH|DELETE) (\S+) HTTP/;

/** @typedef {"there" | "back"} Way */

export class Wire {
  /** What was cut last: a method and a path. @type {string | null} */
  cut = null;
  /** @type {{ left: number, way: Way } | null} */
  #plan = null;
  #sockets = new Set();

  /** @param {string} to the address of a server */
  static async open(to) {
    const wire = new Wire();
    const { hostname, port } = new URL(to);
    const server = createServer((near) => wire.#join(near, connect(Number(port), hostname)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port: own } = /** @type {import("node:net").AddressInfo} */ (server.address());
    return Object.assign(wire, { server, url: `http://127.0.0.1:${own}` });
  }

  /** Cuts the n-th request from now on that changes something, on its way there or its answer on its way back. @param {number} nth @param {Way} way */
  cutAt(nth, way) {
    this.cut = null;
    this.#plan = { left: nth, way };
  }

  close() {
    /** @type {any} */ (this).server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @param {import("node:net").Socket} near @param {import("node:net").Socket} far */
  #join(near, far) {
    let isDoomed = false;
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", end).on("close", () => (this.#sockets.delete(socket), end()));
    }
    near.on("data", (bytes) => {
      const way = this.#meets(bytes);
      if (way === "there") return end();
      isDoomed ||= way === "back";
      far.write(bytes);
    });
    far.on("data", (bytes) => (isDoomed ? end() : near.write(bytes)));
  }

  /** @param {Buffer} bytes @returns {Way | null} */
  #meets(bytes) {
    const begins = WRITES.exec(bytes.subarray(0, 400).toString("latin1"));
    if (!begins || !this.#plan || --this.#plan.left > 0) return null;
    const { way } = this.#plan;
    this.#plan = null;
    this.cut = `${begins[1]} ${begins[2]}`;
    return way;
  }
}
