import { beforeAll, expect, test } from "vitest";
import { StateKernel } from "../state/kernel.ts";
import { compileMischief, mischief, mischiefInbox } from "../testing/mischief-process.ts";
import { type Checkpoint, CheckpointError } from "./checkpoint.ts";
import { Process } from "./process.ts";
import { compileProcessModule, type ProcessModule } from "./process-module.ts";

const kernel = new StateKernel();
const memoryPagesMax = 32;
let module: ProcessModule;
let full: Checkpoint;
let delta: Checkpoint;
let root: Uint8Array;

beforeAll(async () => {
  module = compileProcessModule(await compileMischief());
  const process = Process.genesis({ module, memoryPagesMax, kernel });
  const send = (inbox: Uint8Array, first = false): void => {
    expect(process.evaluate({ inbox, gasLimit: 1_000_000, first }).ok).toBe(true);
    process.commit();
  };
  send(mischiefInbox(mischief.deposit, 1, 9), true);
  send(mischiefInbox(mischief.grow, 4));
  send(mischiefInbox(mischief.fill, 450_000, 50_000));
  full = process.checkpoint();
  send(mischiefInbox(mischief.deposit, 2, 9));
  delta = process.checkpointDelta();
  root = process.root();
});

/** The code of the refusal to restore from these, or null. */
function refusal(checkpoints: readonly Checkpoint[]): string | null {
  try {
    Process.restore({ module, memoryPagesMax, kernel, checkpoints, root });
    return null;
  } catch (error) {
    if (error instanceof CheckpointError) return error.code;
    throw error;
  }
}

test("a delta is smaller than the whole, and one follows the other", () => {
  expect(delta.pages.length).toBeGreaterThan(0);
  expect(delta.pages.length).toBeLessThan(full.pages.length);
  expect(refusal([full, delta])).toBeNull();
});

test("refuses a state that is not the one of the root", () => {
  expect(refusal([full])).toBe("CHECKPOINT_ROOT");
  expect(refusal([delta, full])).toBe("CHECKPOINT_ROOT");
  const pages = full.pages.slice();
  pages[pages.length - 1]! ^= 1;
  expect(refusal([{ ...full, pages }])).toBe("CHECKPOINT_ROOT");
  const globals = delta.globals.slice();
  globals[0]! ^= 1n;
  expect(refusal([full, { ...delta, globals }])).toBe("CHECKPOINT_ROOT");
});

test("refuses checkpoints that no process of the module can have", () => {
  const shapes: readonly (readonly [string, Partial<Checkpoint>])[] = [
    ["fewer pages than the module has", { pageCount: full.pageCount - 100 }],
    ["more pages than there may be", { pageCount: 4097 }],
    ["half a page", { pageCount: full.pageCount + 0.5 }],
    ["a global too many", { globals: new BigUint64Array(full.globals.length + 1) }],
    ["a page too few", { pages: full.pages.subarray(4096) }],
    ["indices that fall", { indices: full.indices.slice().reverse() }],
    ["a page outside memory", { indices: full.indices.map((index) => index + 2 ** 16) }],
  ];
  for (const [name, change] of shapes) {
    expect(refusal([{ ...full, ...change }]), name).toBe("CHECKPOINT_SHAPE");
  }
  expect(refusal([])).toBe("CHECKPOINT_SHAPE");
});
