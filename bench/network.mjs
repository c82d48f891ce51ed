/**
 * Units for the benchmark: real processes on free loopback ports, in a folder that goes away with them.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../dist/src/base/clock.js";
import { systemRandom } from "../dist/src/base/random.js";
import { prepareDevFiles, unitFiles } from "../dist/src/cli/dev-files.js";
import { startUnitChild } from "../dist/src/cli/unit-child.js";
import { composeMessage } from "../dist/src/client/compose.js";
import { putContent } from "../dist/src/client/content.js";
import { messengerClient } from "../dist/src/client/messenger-client.js";
import { schedulerClient } from "../dist/src/client/scheduler-client.js";
import { identityFromSeed } from "../dist/src/crypto/identity.js";
import { readKeyFile } from "../dist/src/node/keyfile.js";
import { contentIdOf, idText, parseId } from "../dist/src/protocol/ids.js";
import { reservedTags } from "../dist/src/protocol/spawn.js";

const tokenFile = new URL("../dist/processes/token.wasm", import.meta.url);
/** Nothing listens there: stands for a compute unit that is switched off. */
const nowhere = "http://127.0.0.1:1";

/** Linux counts a process's time in ticks of a hundredth of a second (proc(5)). */
const tickMs = 10;

function cpuMsOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * tickMs;
  } catch {
    return null;
  }
}

/** A running network. */
export class BenchNetwork {
  folder;
  network;
  messenger;
  scheduler;
  #children = [];
  #owner;
  #computeAddress;

  /** Starts scheduler and messenger, and a compute unit where one is wanted. */
  static async start({ withCompute }) {
    const bench = new BenchNetwork();
    bench.folder = mkdtempSync(join(tmpdir(), "nymcompute-bench-"));
    try {
      await bench.#start(withCompute);
      return bench;
    } catch (error) {
      await bench.stop();
      throw error;
    }
  }

  async #start(withCompute) {
    const files = await prepareDevFiles(this.folder);
    this.network = parseId(files.network, "network");
    this.#owner = await this.#identityOf(files.accounts[0].key);
    this.#computeAddress = (await this.#identityOf(unitFiles(this.folder, "compute").key)).address;
    const scheduler = await this.#unit("scheduler", []);
    const toScheduler = ["--scheduler", scheduler.url];
    // Proofs are measured by themselves (suites/zkvm.mjs); here they would take the other figures' cores.
    const toCompute = [...toScheduler, "--prover", "0"];
    const compute = withCompute ? (await this.#unit("compute", toCompute)).url : nowhere;
    const messenger = await this.#unit("messenger", [
      ...toScheduler,
      ...["--compute", compute],
      ...["--peer-messages", "1000000", "--owner-messages", "1000000"],
    ]);
    this.scheduler = schedulerClient(scheduler.url);
    this.messenger = messengerClient(messenger.url);
  }

  async #identityOf(key) {
    return identityFromSeed((await readKeyFile(key, null)).seed);
  }

  async #unit(role, argv) {
    const { key, store, log } = unitFiles(this.folder, role);
    const common = ["--listen", "127.0.0.1:0", "--data", store, "--key", key];
    common.push("--network", idText(this.network), "--log-level", "warn", "--peer-requests", "0");
    const { signal } = new AbortController();
    const unit = { role, argv: [...common, ...argv], folder: this.folder, log, signal };
    const child = await startUnitChild({ ...unit, clockOffsetMs: 0 });
    this.#children.push(child);
    return child;
  }

  /** Makes a token process and answers its id. */
  async spawnToken() {
    const module = readFileSync(tokenFile);
    await putContent(this.messenger.unit, module);
    const { address } = await this.scheduler.info();
    const tags = [
      { name: reservedTags.module, value: idText(contentIdOf(module)) },
      { name: reservedTags.scheduler, value: address },
      { name: reservedTags.compute, value: idText(this.#computeAddress) },
    ];
    const clock = systemClock;
    const context = { network: this.network, owner: this.#owner, clock, random: systemRandom };
    const { process } = await this.messenger.submit(
      composeMessage({ target: null, tags }, context),
    );
    return process;
  }

  /** CPU milliseconds that each unit has used, all threads together; null where the system hides it. */
  cpuMs() {
    const used = this.#children.map(({ role, pid }) => [role, cpuMsOf(pid)]);
    return used.some(([, ms]) => ms === null) ? null : Object.fromEntries(used);
  }

  /** How many slots the log of a process has. */
  async slotsOf(process) {
    return (await this.scheduler.log(process, { from: 0, limit: 1 })).next;
  }

  async stop() {
    await Promise.all(this.#children.map((child) => child.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
