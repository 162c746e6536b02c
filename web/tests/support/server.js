/**
 * The real server, `outrigger serve`, as people start it: a process with a port and a folder of its own.
 *
 * Owns its life: started, stopped, killed, frozen and started again at the same address over the same data. Never knows what it is asked.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BUILT = fileURLToPath(new URL("../../../target/debug/outrigger", import.meta.url));
const LINES_OF_LOG_MAX = 40;

export class Server {
  /** Where it answers, such as `http://127.0.0.1:40123`. The same for all its lives. */
  url = "";
  #program;
  #folder;
  /** @type {import("node:child_process").ChildProcess | null} */
  #process = null;
  /** @type {Promise<unknown> | null} */
  #ended = null;
  /** @type {string[]} */
  #log = [];

  /**
   * Starts one on a free port. `OUTRIGGER_BIN` names the program.
   *
   * @param {{ program?: string }} [options]
   */
  static async start({ program = process.env.OUTRIGGER_BIN ?? BUILT } = {}) {
    if (!existsSync(program)) {
      throw new Error(`${program} is not there: cargo xtask browser builds it, OUTRIGGER_BIN names another`);
    }
    const server = new Server(program, await mkdtemp(join(tmpdir(), "outrigger-web-")));
    await server.start();
    return server;
  }

  /**
   * @param {string} program
   * @param {string} folder
   */
  constructor(program, folder) {
    this.#program = program;
    this.#folder = folder;
  }

  get isRunning() {
    return this.#process !== null;
  }

  /** What it said last, for whoever wonders why it does not answer. */
  get log() {
    return this.#log.join("\n");
  }

  /**
   * Starts it, at the address that it had, unless it runs. Resolves once it listens.
   *
   * @param {{ later?: string }} [options] `later`: by how much its clock is ahead, as faketime reads it
   */
  async start({ later } = {}) {
    if (this.#process) return;
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const command = [this.#program, "--json", "serve", "--listen", listen, "--data", join(this.#folder, "data")];
    if (later) command.unshift("faketime", "-f", later);
    const [program = "", ...given] = command;
    // A group of its own: faketime starts the server and is not the server.
    const child = spawn(program, given, {
      detached: true,
      env: { ...process.env, OUTRIGGER_HOME: join(this.#folder, "home") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    process.once("exit", this.#killNow);
    this.#ended = once(child, "exit").then(() => {
      this.#process = null;
      process.removeListener("exit", this.#killNow);
    });
    createInterface(child.stderr).on("line", (line) => {
      this.#log.push(line);
      this.#log.splice(0, this.#log.length - LINES_OF_LOG_MAX);
    });
    const first = await Promise.race([once(createInterface(child.stdout), "line"), this.#ended]);
    if (!first) throw new Error(`the server ended before it listened:\n${this.log}`);
    this.url = JSON.parse(first[0]).url;
  }

  /** Asks it to end, and waits until it has finished what it was doing. */
  async stop() {
    this.#signal("SIGINT");
    await this.#ended;
  }

  /** Ends it at once, in the middle of whatever it does. */
  async kill() {
    this.#signal("SIGKILL");
    await this.#ended;
  }

  /** Ends it and starts it again. */
  async restart() {
    await this.stop();
    await this.start();
  }

  /** Its sockets stay open, but nothing answers: as behind a dead network. */
  freeze() {
    this.#signal("SIGSTOP");
  }

  thaw() {
    this.#signal("SIGCONT");
  }

  /** Ends it, and removes its data. */
  async remove() {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #killNow = () => this.#signal("SIGKILL");

  /** @param {NodeJS.Signals} signal */
  #signal(signal) {
    const group = this.#process?.pid;
    if (group === undefined) return;
    try {
      process.kill(-group, signal);
    } catch {
      // It is gone already.
    }
  }
}
