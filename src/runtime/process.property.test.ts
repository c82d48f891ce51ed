import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { equalBytes } from "../base/bytes.ts";
import { imageRoot } from "../state/image-root.ts";
import { StateKernel } from "../state/kernel.ts";
import { compileMischief, mischief, mischiefInbox } from "../testing/mischief-process.ts";
import { instantiate, type Machine } from "../wasm/interpreter/machine.ts";
import { genesisImage } from "../wasm/validate/genesis-image.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { Process } from "./process.ts";
import { compileProcessModule, type ProcessModule } from "./process-module.ts";
import type { RunOutcome } from "./run-outcome.ts";

const kernel = new StateKernel();
const memoryPagesMax = 40;
let module: ProcessModule;

beforeAll(async () => {
  module = compileProcessModule(await compileMischief());
});

/** A message, and whether the judge takes what it returns. */
interface Sent {
  readonly inbox: Uint8Array;
  readonly gasLimit: number;
  readonly accepted: boolean;
}

/**
 * Addresses above the compiler's own data, so that later messages find a working process: on both
 * sides of where a block, and of where a chunk of the dirty mask, ends; and any others.
 */
const above = fc.oneof(
  fc.integer({ min: 500_000, max: 20 * 65_536 }),
  fc
    .record({
      border: fc.integer({ min: 2000, max: 3600 }),
      before: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ border, before }) => border * 256 - before),
  fc
    .record({ border: fc.integer({ min: 8, max: 14 }), before: fc.integer({ min: 0, max: 9 }) })
    .map(({ border, before }) => border * 65_536 - before),
);
const account = fc.integer({ min: 0, max: 50 });
const request = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant(mischief.deposit), account, account) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(mischief.divideByZero), account, account) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(mischief.loopForever), account, account) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant(mischief.recurse), fc.integer({ min: 0, max: 9000 }), account),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constant(mischief.grow),
      fc.integer({ min: 0, max: 6 }),
      fc.constantFrom(0, 0, 1),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constant(mischief.fill), above, fc.integer({ min: 0, max: 300_000 })),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant(mischief.store), above, account) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(mischief.abort), account, account) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(mischief.answerFromNowhere), account, account) },
  { weight: 2, arbitrary: fc.tuple(fc.constant(mischief.globals), account, account) },
);
const sent: fc.Arbitrary<Sent> = fc.record({
  inbox: request.map(([what, a, b]) => mischiefInbox(what, a, b)),
  gasLimit: fc.constantFrom(1_000, 300_000, 300_000),
  accepted: fc.constantFrom(true, true, true, false),
});
/** The first message, then room for the stores above, then anything. */
const opening: readonly Sent[] = [
  { inbox: mischiefInbox(mischief.deposit, 1, 1), gasLimit: 300_000, accepted: true },
  { inbox: mischiefInbox(mischief.grow, 10), gasLimit: 300_000, accepted: true },
];
const historyOf = (countMax: number): fc.Arbitrary<Sent[]> =>
  fc.array(sent, { minLength: 1, maxLength: countMax }).map((rest) => [...opening, ...rest]);

/** Runs one message to its end; true if it became part of the state. */
function deliver(
  process: Process,
  { inbox, gasLimit, accepted }: Sent,
  first: boolean,
): RunOutcome {
  const outcome = process.evaluate({ inbox, gasLimit, first });
  if (outcome.ok && accepted) process.commit();
  else if (outcome.ok) process.rollback();
  return outcome;
}

test("property: warm, restored from checkpoints and replayed from genesis are the same process", () => {
  fc.assert(
    fc.property(historyOf(25), fc.nat(), fc.nat(), (messages, seedFull, seedDelta) => {
      const full = seedFull % messages.length;
      const delta = full + (seedDelta % (messages.length - full));
      const warm = Process.genesis({ module, memoryPagesMax, kernel });
      const replayed = Process.genesis({ module, memoryPagesMax, kernel });
      const checkpoints: Checkpoint[] = [];
      let restored: Process | null = null;
      messages.forEach((message, slot) => {
        const outcome = deliver(warm, message, slot === 0);
        expect(deliver(replayed, message, slot === 0)).toEqual(outcome);
        if (restored !== null) expect(deliver(restored, message, false)).toEqual(outcome);
        if (slot === full) checkpoints.push(warm.checkpoint());
        if (slot !== delta) return;
        checkpoints.push(warm.checkpointDelta());
        const root = warm.root();
        restored = Process.restore({ module, memoryPagesMax, kernel, checkpoints, root });
      });
      const states = [warm, replayed, restored as Process | null];
      for (const process of states) {
        expect(process).not.toBeNull();
        expect(process!.root()).toEqual(warm.root());
        expect(equalBytes(process!.memory, warm.memory)).toBe(true);
        expect(process!.globals).toEqual(warm.globals);
      }
    }),
    { numRuns: 25 },
  );
});

test("property: roots do not depend on when they are asked for, and are those of the whole image", () => {
  fc.assert(
    fc.property(historyOf(10), (messages) => {
      const eager = Process.genesis({ module, memoryPagesMax, kernel });
      const lazy = Process.genesis({ module, memoryPagesMax, kernel });
      const eagerRoots: Uint8Array[] = [];
      let commits = 0;
      messages.forEach((message, slot) => {
        const outcome = deliver(eager, message, slot === 0);
        deliver(lazy, message, slot === 0);
        if (!outcome.ok || !message.accepted) return;
        commits++;
        eagerRoots.push(eager.root());
      });
      const lazyRoots = lazy.takeRoots();
      expect(lazyRoots.length).toBe(commits);
      expect(lazyRoots).toEqual(eagerRoots);
      expect(lazy.root()).toEqual(imageRoot(lazy));
    }),
    { numRuns: 8 },
  );
});

function zeroExtended(value: number | bigint): bigint {
  return typeof value === "bigint" ? BigInt.asUintN(64, value) : BigInt(value >>> 0);
}

/** The same message on the reference machine; what it returned and took, or null if it failed. */
function runReference(
  machine: Machine,
  { inbox, gasLimit }: Sent,
  first: boolean,
): { readonly returned: Uint8Array; readonly gasUsed: number } | null {
  machine.refill(gasLimit);
  if (first && !machine.invoke("_start", []).ok) return null;
  const allocated = machine.invoke("alloc", [inbox.length]);
  if (!allocated.ok) return null;
  machine.memory.set(inbox, Number(allocated.results[0]) >>> 0);
  const handled = machine.invoke("handle", [inbox.length]);
  if (!handled.ok) return null;
  const packed = BigInt.asUintN(64, handled.results[0] as bigint);
  const start = Number(packed >> 32n);
  const returned = machine.memory.slice(start, start + Number(packed & 0xffff_ffffn));
  return { returned, gasUsed: machine.gasUsed };
}

test("property: a process agrees with the reference machine on all that it commits", () => {
  const honest = historyOf(12).map((messages) =>
    messages.map(({ inbox }): Sent => ({ inbox, gasLimit: 300_000, accepted: true })),
  );
  fc.assert(
    fc.property(honest, (messages) => {
      const process = Process.genesis({ module, memoryPagesMax, kernel });
      const machine = instantiate(module.validated, {
        gasLimit: 0,
        stackSlots: module.instrumented.stackLimit,
        memoryPagesMax,
      });
      let slot = 0;
      for (const message of messages) {
        const outcome = deliver(process, message, slot === 0);
        // The reference machine undoes nothing: it gets what succeeds.
        if (!outcome.ok) continue;
        const { returned, gasUsed } = outcome;
        expect(runReference(machine, message, slot === 0)).toEqual({ returned, gasUsed });
        slot++;
      }
      expect(equalBytes(machine.memory, process.memory)).toBe(true);
      const mutable = machine.globals.filter(
        (_, index) => module.validated.module.globals[index]!.mutable,
      );
      expect(process.globals).toEqual(BigUint64Array.from(mutable, zeroExtended));
    }),
    { numRuns: 10 },
  );
});

test("the genesis image is what an engine makes of the module, and its root is the process's", () => {
  const image = genesisImage(module.validated);
  const { exports } = new WebAssembly.Instance(module.compiled, {});
  const { buffer } = exports["memory"] as WebAssembly.Memory;
  expect(equalBytes(image.memory, new Uint8Array(buffer))).toBe(true);
  expect(image.memory.some((byte) => byte !== 0)).toBe(true);
  const values = module.instrumented.mutableGlobals.map(
    ({ name }) => (exports[name] as WebAssembly.Global<"i32" | "i64">).value,
  );
  expect(image.globals).toEqual(BigUint64Array.from(values, zeroExtended));
  expect(new Set(image.globals).size).toBeGreaterThan(3);
  const process = Process.genesis({ module, memoryPagesMax, kernel });
  expect(process.root()).toEqual(imageRoot(image));
});
