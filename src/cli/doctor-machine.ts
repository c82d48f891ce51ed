/**
 * What this machine has.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { systemRandom } from "../base/random.ts";
import { createIdentity } from "../crypto/identity.ts";
import { selectHttp } from "../node/http/select.ts";
import { VerifierPool } from "../node/verifier-pool/verifier-pool.ts";
import { signMessage } from "../protocol/authorisation.ts";
import type { Check } from "./doctor-check.ts";
import { softwareVersion } from "./version.ts";

const nodeMajorMin = 20;
const coresMin = 2;
const gibibyte = 2 ** 30;
/** Connections, the store, workers: Node raises its soft limit to the hard one by itself. */
const openFilesMin = 4096;
const memoryMin: number = 2 * gibibyte;
/** This software did not exist before: 1 January 2026. */
const earliestMs = 1_767_225_600_000;

/** All checks of the machine, in the order in which they are shown. */
export async function checkMachine(): Promise<readonly Check[]> {
  const version = ok("nymcompute", softwareVersion());
  return [version, checkNode(), await checkSignatures(), await checkHttp(), ...checkResources()];
}

function ok(name: string, found: string): Check {
  return { name, state: "ok", found, mend: null };
}

function checkNode(): Check {
  const found = `Node ${process.versions.node}, V8 ${process.versions.v8}`;
  if (Number(process.versions.node.split(".")[0]) >= nodeMajorMin) return ok("node", found);
  return { name: "node", state: "bad", found, mend: `install Node ${nodeMajorMin} or newer` };
}

/** Which implementation verifies ML-DSA here: found by letting it verify. */
async function checkSignatures(): Promise<Check> {
  const name = "signatures";
  const identity = createIdentity(systemRandom);
  const payload = systemRandom.bytes(32);
  const { algorithm, publicKey, signature } = signMessage(identity, payload);
  const tag = "nymcompute/message-signature/v1";
  const pool = new VerifierPool({ workerCount: 1 });
  try {
    const [holds] = await pool.verify([{ algorithm, publicKey, signature, tag, payload }]);
    const { implementation } = pool.status();
    const found = `ML-DSA-65 by ${described[implementation ?? "reference"]}`;
    if (holds !== true) {
      return { name, state: "bad", found: `${found} refuses a good signature`, mend: "npm ci" };
    }
    if (implementation !== "reference") return ok(name, found);
    return {
      name,
      state: "warning",
      found,
      mend: "npm ci, or Node 24, for verifying 10 times faster",
    };
  } finally {
    await pool.close();
  }
}

const described = {
  native: "OpenSSL (native)",
  wasm: "liboqs (WebAssembly)",
  reference: "the reference implementation (slow)",
} as const;

async function checkHttp(): Promise<Check> {
  const { adapter, reason } = await selectHttp("auto");
  const found = `${adapter.name}: ${reason}`;
  if (adapter.name !== "node") return ok("http", found);
  const mend = "install uWebSockets.js for more requests a second; everything works without";
  return { name: "http", state: "warning", found, mend };
}

function checkResources(): readonly Check[] {
  const files = openFilesMax();
  const cores = availableParallelism();
  const memory = totalmem();
  const now = Date.now();
  const few = "units share the cores: expect fewer messages a second";
  const little = "processes share the memory: keep --memory-limit small";
  const time = new Date(now).toISOString();
  return [
    { name: "cores", state: cores >= coresMin ? "ok" : "warning", found: `${cores}`, mend: few },
    {
      name: "memory",
      state: memory >= memoryMin ? "ok" : "warning",
      found: `${(memory / gibibyte).toFixed(1)} GiB`,
      mend: little,
    },
    ...(files === null
      ? []
      : [
          {
            name: "files",
            state: files >= openFilesMin ? ("ok" as const) : ("warning" as const),
            found: `${files} may be open`,
            mend: `LimitNOFILE=65536 in the service, or ulimit -n ${openFilesMin}`,
          },
        ]),
    {
      name: "clock",
      state: now >= earliestMs ? "ok" : "bad",
      found: time,
      mend: "set the clock: messages expire by it",
    },
  ];
}

/** How many files this process may have open; null where the platform does not say. */
function openFilesMax(): number | null {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
    return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft ?? Number.NaN);
  } catch {
    return null;
  }
}
