/**
 * A network of real units in processes of their own, on this machine's loopback and a folder of its
 * own, that can be killed, paused and started again. Runs on `dist`: build first.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = new URL("../../dist/src/", import.meta.url);
export const built = (path) => import(new URL(path, dist).href);

const { prepareDevFiles, unitFiles, unitRoles } = await built("cli/dev-files.js");

const cliEntry = new URL("cli/main.js", dist);
const roleOf = (name) => (name === secondScheduler ? "scheduler" : name);

const startLimitMs = 60_000;
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A port that is free now. */
const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
};

/** A second instance of the scheduler, on the store of the first. */
export const secondScheduler = "scheduler-2";

export class RealNetwork {
  /**
   * Starts all units. `storeOf` may put a unit's store elsewhere; with `isPair` there are two instances
   * of the scheduler, whose wall clocks can be moved.
   */
  static async start(storeOf = () => null, { isPair = false } = {}) {
    const folder = mkdtempSync(join(tmpdir(), "nymcompute-faults-"));
    const files = await prepareDevFiles(folder);
    const network = new RealNetwork();
    network.folder = folder;
    network.id = files.network;
    network.urls = {};
    network.children = {};
    network.stores = {};
    network.isPair = isPair;
    const names = isPair ? [...unitRoles, secondScheduler] : unitRoles;
    for (const name of names) {
      const role = roleOf(name);
      network.urls[name] = `http://127.0.0.1:${await freePort()}`;
      network.stores[name] = storeOf(role) ?? unitFiles(folder, role).store;
    }
    await Promise.all(names.map((name) => network.open(name)));
    return network;
  }

  /** Starts a unit and resolves when it answers; one that ends before is started again. */
  async open(role) {
    const end = Date.now() + startLimitMs;
    for (;;) {
      if (await this.#tryOpen(role)) return;
      if (Date.now() > end) throw new Error(`${role} does not start`);
      await pause(300);
    }
  }

  async #tryOpen(name) {
    const role = roleOf(name);
    const { key, log } = unitFiles(this.folder, role);
    const argv = [role, "--listen", this.urls[name].slice("http://".length), "--key", key];
    argv.push("--data", this.stores[name], "--network", this.id, "--log-level", "warn");
    argv.push("--peer-requests", "0", "--json");
    const schedulers = Object.keys(this.urls).filter((other) => roleOf(other) === "scheduler");
    if (role !== "scheduler") {
      for (const scheduler of schedulers) argv.push("--scheduler", this.urls[scheduler]);
    }
    if (role === "compute") argv.push("--prover", "0");
    if (role === "messenger") argv.push("--compute", this.urls.compute);
    const isMovable = this.isPair && role === "scheduler";
    const entry = isMovable ? new URL("shifted-unit.mjs", import.meta.url) : cliEntry;
    const out = openSync(log, "a");
    const child = fork(fileURLToPath(entry), argv, {
      cwd: this.folder,
      execArgv: [],
      stdio: ["ignore", "pipe", out, "ipc"],
    });
    closeSync(out);
    const answers = await Promise.race([
      once(child.stdout, "data").then(() => true),
      once(child, "exit").then(() => false),
    ]);
    if (answers) this.children[name] = child;
    return answers;
  }

  /** Ends a unit as a power cut does, without a word. */
  async kill(role) {
    const child = this.children[role];
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Asks a unit to end, and waits until it has. */
  async end(role) {
    const child = this.children[role];
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(timer);
  }

  /** Moves the wall clock of one of a pair. */
  jump(role, ms) {
    this.children[role].send({ clockOffsetMs: ms });
  }

  /** Stops a unit's clock for a while: it answers nobody and knows of nothing. */
  async stall(role, ms) {
    this.children[role].kill("SIGSTOP");
    await pause(ms);
    this.children[role].kill("SIGCONT");
  }

  /** Ends all units, which must end by themselves, and removes the folder. */
  async stop() {
    await Promise.all(Object.keys(this.children).map((role) => this.end(role)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
