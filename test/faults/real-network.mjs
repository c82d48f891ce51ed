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

export class RealNetwork {
  /** Starts all units. `storeOf` may put a unit's store elsewhere. */
  static async start(storeOf = () => null) {
    const folder = mkdtempSync(join(tmpdir(), "nymcompute-faults-"));
    const files = await prepareDevFiles(folder);
    const network = new RealNetwork();
    network.folder = folder;
    network.id = files.network;
    network.urls = {};
    network.children = {};
    network.stores = {};
    for (const role of unitRoles) {
      network.urls[role] = `http://127.0.0.1:${await freePort()}`;
      network.stores[role] = storeOf(role) ?? unitFiles(folder, role).store;
    }
    await Promise.all(unitRoles.map((role) => network.open(role)));
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

  async #tryOpen(role) {
    const { key, log } = unitFiles(this.folder, role);
    const argv = [role, "--listen", this.urls[role].slice("http://".length), "--key", key];
    argv.push("--data", this.stores[role], "--network", this.id, "--log-level", "warn");
    argv.push("--peer-requests", "0", "--json");
    if (role !== "scheduler") argv.push("--scheduler", this.urls.scheduler);
    if (role === "compute") argv.push("--prover", "0");
    if (role === "messenger") argv.push("--compute", this.urls.compute);
    const out = openSync(log, "a");
    const child = fork(fileURLToPath(new URL("cli/main.js", dist)), argv, {
      cwd: this.folder,
      execArgv: [],
      stdio: ["ignore", "pipe", out, "ipc"],
    });
    closeSync(out);
    const answers = await Promise.race([
      once(child.stdout, "data").then(() => true),
      once(child, "exit").then(() => false),
    ]);
    if (answers) this.children[role] = child;
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
