/**
 * Bringing back a process of 64 MiB from its checkpoint, every byte of it in use: from the store, whose
 * chunks carry checksums, and then into a live instance, whose state root is computed anew and
 * compared. The peer reads a file of that size and hashes it.
 *
 * @module
 */

import { createHash, randomFillSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../dist/src/node/store/open.js";
import { checkpointPageBytes } from "../../dist/src/runtime/checkpoint.js";
import { Process } from "../../dist/src/runtime/process.js";
import { compileProcessModule } from "../../dist/src/runtime/process-module.js";
import { StateKernel } from "../../dist/src/state/kernel.js";
import { StateTree } from "../../dist/src/state/state-tree.js";
import { compared, interleaved, timed } from "../statistics.mjs";
import { processId } from "../token-transfers.mjs";

const memoryBytes = 64 * 1024 * 1024;
const pageBytes = 65_536;
const tokenFile = new URL("../../dist/processes/token.wasm", import.meta.url);

/** A state of the token's module, whose memory is random bytes. */
function randomState(module) {
  const memory = randomFillSync(new Uint8Array(memoryBytes));
  const globals = new BigUint64Array(module.instrumented.mutableGlobals.length);
  return { memory, globals };
}

function pagesOf(memory) {
  return Array.from({ length: memoryBytes / checkpointPageBytes }, (_, index) => {
    const start = index * checkpointPageBytes;
    return { index, bytes: memory.subarray(start, start + checkpointPageBytes) };
  });
}

/** A loaded checkpoint as the runtime takes it. */
function runtimeCheckpoint({ memory, pageCount, globals }) {
  const indices = Uint32Array.from({ length: memoryBytes / checkpointPageBytes }, (_, k) => k);
  const words = new BigUint64Array(globals.slice().buffer);
  return { pageCount, globals: words, indices, pages: memory };
}

/** Rows of the report. */
export async function runRestore({ isQuick }) {
  const folder = mkdtempSync(join(tmpdir(), "nymcompute-bench-"));
  const stores = await openStores({ dir: join(folder, "store"), role: "compute" });
  try {
    const kernel = new StateKernel();
    const module = compileProcessModule(readFileSync(tokenFile));
    const { memory, globals } = randomState(module);
    const root = StateTree.build({ kernel, memory, globals }).root();
    const pageCount = memoryBytes / pageBytes;
    const words = new Uint8Array(globals.buffer);
    const common = { process: processId, slot: 0, root, pageCount, globals: words };
    await stores.checkpoints.save([{ ...common, pages: pagesOf(memory), full: true }]);
    const file = join(folder, "memory");
    writeFileSync(file, memory);

    const load = () => stores.checkpoints.load(processId);
    const restore = async () => {
      const checkpoints = [runtimeCheckpoint(await load())];
      const memoryPagesMax = pageCount;
      Process.restore({ module, memoryPagesMax, kernel, checkpoints, root }).dispose();
    };
    const readAndHash = () => createHash("sha256").update(readFileSync(file)).digest();
    const figures = await interleaved(
      {
        load: () => timed(load),
        file: () => timed(readAndHash),
        restore: () => timed(restore),
      },
      isQuick ? 3 : 7,
    );
    return rowsOf(figures);
  } finally {
    await stores.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOf({ load, restore, file }) {
  const shared = { peerLabel: "file read and SHA-256", peer: file, unit: "ms", better: "less" };
  return [
    compared({
      id: "restore-load",
      label: "64 MiB process read back, chunks checked",
      ...shared,
      ours: load,
      goal: { valueMax: 150 },
    }),
    compared({
      id: "restore-root",
      label: "… into a live instance, state root computed anew",
      ...shared,
      ours: restore,
      goal: null,
    }),
  ];
}
