import { beforeAll, expect, test } from "vitest";
import { equalBytes } from "../base/bytes.ts";
import { imageRoot } from "../state/image-root.ts";
import { StateKernel } from "../state/kernel.ts";
import {
  compileMischief,
  mischief,
  mischiefInbox,
  mischiefSource,
} from "../testing/mischief-process.ts";
import { HostFault } from "./host-fault.ts";
import { Process } from "./process.ts";
import { compileProcessModule, type ProcessModule } from "./process-module.ts";
import type { RunOutcome } from "./run-outcome.ts";

const kernel = new StateKernel();
const gasLimit = 1_000_000;
let bytes: Uint8Array;
let module: ProcessModule;

beforeAll(async () => {
  bytes = await compileMischief();
  module = compileProcessModule(bytes);
});

/** A process that has had its first message; account 1 holds 5. */
function started(memoryPagesMax = 64): Process {
  const process = Process.genesis({ module, memoryPagesMax, kernel });
  const inbox = mischiefInbox(mischief.deposit, 1, 5);
  expect(process.evaluate({ inbox, gasLimit, first: true }).ok).toBe(true);
  process.commit();
  process.takeRoots();
  return process;
}

const send = (process: Process, what: number, a = 0, b = 0): RunOutcome =>
  process.evaluate({ inbox: mischiefInbox(what, a, b), gasLimit, first: false });

/** The first of the two words that the process answers with. */
function answerOf(outcome: RunOutcome): bigint {
  if (!outcome.ok) throw new Error(outcome.diagnostic.text);
  expect(outcome.returned.length).toBe(16);
  return new DataView(outcome.returned.buffer).getBigUint64(0, true);
}

function failureOf(outcome: RunOutcome): Extract<RunOutcome, { ok: false }> {
  if (outcome.ok) throw new Error("the run was good");
  return outcome;
}

test("runs _start before the first message alone, and keeps what a commit made", () => {
  const process = Process.genesis({ module, memoryPagesMax: 64, kernel });
  const first = process.evaluate({
    inbox: mischiefInbox(mischief.deposit, 1, 5),
    gasLimit,
    first: true,
  });
  expect(answerOf(first)).toBe(5n);
  process.commit();
  expect(answerOf(send(process, mischief.deposit, 1, 6))).toBe(11n);
  process.commit();
  expect(answerOf(send(process, mischief.deposit, 2, 1))).toBe(1n);
});

test("processes that begin as copies of one kept state are each their own, and as one made anew", () => {
  const options = { module, memoryPagesMax: 64, kernel };
  const kept = Process.genesisState(options);
  const deposit = (process: Process, amount: number): Process => {
    const inbox = mischiefInbox(mischief.deposit, 1, amount);
    expect(process.evaluate({ inbox, gasLimit, first: true }).ok).toBe(true);
    process.commit();
    return process;
  };
  const root = Process.genesis(options).root();
  const one = deposit(Process.genesis(options, kept), 5);
  const other = Process.genesis(options, kept);
  expect(other.root()).toEqual(root);
  expect(one.root()).toEqual(started().root());
  expect(deposit(other, 6).root()).not.toEqual(one.root());
  expect(answerOf(send(one, mischief.deposit, 1, 1))).toBe(6n);
  expect(Process.genesis(options, kept).root()).toEqual(root);
});

test("a good run that is rolled back has not happened", () => {
  const process = started();
  const root = process.root();
  expect(answerOf(send(process, mischief.deposit, 1, 100))).toBe(105n);
  process.rollback();
  expect(process.root()).toEqual(root);
  expect(answerOf(send(process, mischief.deposit, 1, 1))).toBe(6n);
});

test("gas is the same for the same message on the same state, and counted for all of slot 0", () => {
  const gas = (first: boolean): number => {
    const process = Process.genesis({ module, memoryPagesMax: 64, kernel });
    const inbox = mischiefInbox(mischief.globals, 1, 1);
    const outcome = process.evaluate({ inbox, gasLimit, first });
    return outcome.ok ? outcome.gasUsed : -1;
  };
  expect(gas(true)).toBe(gas(true));
  expect(gas(true)).toBeGreaterThan(gas(false));
});

test("a run that takes exactly its limit is good, and one gas less is a failure", () => {
  const process = started();
  const inbox = mischiefInbox(mischief.recurse, 50);
  const full = process.evaluate({ inbox, gasLimit, first: false });
  if (!full.ok) throw new Error(full.diagnostic.text);
  process.rollback();
  const exact = process.evaluate({ inbox, gasLimit: full.gasUsed, first: false });
  expect(exact).toEqual(full);
  process.rollback();
  const short = process.evaluate({ inbox, gasLimit: full.gasUsed - 1, first: false });
  expect(failureOf(short).diagnostic.reason).toBe("gas");
});

/** Everything that fails, with the reason that it must give. */
const failures: readonly (readonly [
  name: string,
  reason: string,
  what: number,
  a: number,
  b: number,
])[] = [
  ["a division by zero after many writes", "trap", mischief.divideByZero, 3, 0],
  ["an endless loop", "gas", mischief.loopForever, 0, 0],
  ["a recursion without end", "stack", mischief.recurse, 20_000, 0],
  ["growth, a write into the new pages, then a trap", "trap", mischief.grow, 3, 1],
  ["a fill that leaves memory", "trap", mischief.fill, 100_000, 2 ** 21],
  ["a store beyond memory", "trap", mischief.store, 2 ** 31, 0],
  ["an abort", "abort", mischief.abort, 0, 0],
  ["an answer outside memory", "memory-range", mischief.answerFromNowhere, 0, 0],
  ["an answer longer than any output", "output", mischief.answerLong, 2 ** 20 + 1, 0],
];

test("whatever fails leaves state and root as they were, and says why", () => {
  const process = started();
  // Memory is more than 1 MiB, so that a long answer is within it.
  expect(answerOf(send(process, mischief.grow, 20, 0))).toBeGreaterThan(0n);
  process.commit();
  const memory = process.memory.slice();
  const globals = process.globals.slice();
  const root = process.root();
  for (const [name, reason, what, a, b] of failures) {
    const outcome = process.evaluate({
      inbox: mischiefInbox(what, a, b),
      gasLimit: 10_000_000,
      first: false,
    });
    expect(failureOf(outcome).diagnostic.reason, name).toBe(reason);
    expect(process.root(), name).toEqual(root);
    // The live instance holds the state too: a message that only reads finds it.
    const reading = process.evaluate({
      inbox: mischiefInbox(mischief.deposit, 1, 0),
      gasLimit,
      first: false,
    });
    expect(answerOf(reading), name).toBe(5n);
    process.rollback();
  }
  expect(equalBytes(process.memory, memory)).toBe(true);
  expect(process.globals).toEqual(globals);
  expect(process.takeRoots()).toEqual([root]);
});

test("refuses an allocation that is not aligned or does not fit", () => {
  for (const beforeEnd of [8, 4, 22]) {
    const process = started();
    const address = process.memory.length - beforeEnd;
    expect(send(process, mischief.setAllocation, address).ok).toBe(true);
    process.commit();
    const root = process.root();
    const { diagnostic } = failureOf(send(process, mischief.deposit));
    expect(diagnostic.reason).toBe("memory-range");
    // `alloc` had changed a global before it was refused: that is undone as well.
    expect(failureOf(send(process, mischief.deposit)).diagnostic).toEqual(diagnostic);
    expect(process.root()).toEqual(root);
  }
  const process = started();
  send(process, mischief.setAllocation, process.memory.length - 12);
  process.commit();
  expect(send(process, mischief.deposit).ok).toBe(true);
});

test("the inbox is committed where it was written, padded with zeros to a multiple of four", () => {
  // Alone in its chunk of the dirty mask, over bytes that are not zero, and across a chunk's end.
  for (const at of [10 * 65_536 + 4096, 12 * 65_536 - 8]) {
    const process = started();
    send(process, mischief.grow, 10);
    process.commit();
    send(process, mischief.fill, at - 4, 40);
    process.commit();
    send(process, mischief.setAllocation, at);
    process.commit();
    const inbox = Uint8Array.of(11, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 77);
    const filler = process.memory[at - 1];
    expect(process.evaluate({ inbox, gasLimit, first: false }).ok).toBe(true);
    process.commit();
    expect(process.memory.slice(at, at + 16)).toEqual(Uint8Array.of(...inbox, 0, 0, 0));
    expect([process.memory[at - 1], process.memory[at + 16]]).toEqual([filler, filler]);
    expect(process.root()).toEqual(imageRoot(process));
  }
});

test("an abort tells its message, its file and its line", () => {
  const { diagnostic } = failureOf(send(started(), mischief.abort));
  expect(diagnostic).toMatchObject({
    reason: "abort",
    text: "nothing left: \u2205",
    file: "index.ts",
  });
  const lines = mischiefSource.split("\n");
  expect(lines[diagnostic.line! - 1]).toContain("throw new Error");
  expect(diagnostic.column).toBeGreaterThan(0);
});

test("a trap tells the instruction of the raw module that it happened at", () => {
  const { moduleOffsets } = failureOf(send(started(), mischief.divideByZero));
  const division = 0x6e;
  expect(moduleOffsets.length).toBeGreaterThan(0);
  expect(bytes[moduleOffsets[0]!]).toBe(division);
});

test("a store across the end of a chunk of the dirty mask is committed whole and undone whole", () => {
  const process = started();
  send(process, mischief.grow, 10);
  process.commit();
  const border = 9 * 65_536;
  const stored = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);
  for (let before = 1; before <= 8; before++) {
    const at = border - before;
    const around = process.memory.slice(at, at + 8);
    send(process, mischief.store, at);
    process.rollback();
    // Both chunks are looked at again: what the rollback had left would be committed here.
    send(process, mischief.store, at + 100);
    process.commit();
    send(process, mischief.store, at - 100);
    process.commit();
    expect(process.memory.slice(at, at + 8)).toEqual(around);
    send(process, mischief.store, at);
    process.commit();
    expect(process.memory.slice(at, at + 8)).toEqual(stored);
    send(process, mischief.fill, at, 8);
    process.commit();
  }
});

test("memory grows to the process's limit and not beyond", () => {
  const process = started(20);
  const pages = process.memory.length / 65_536;
  const refused = 2n ** 64n - 1n;
  expect(answerOf(send(process, mischief.grow, 21 - pages))).toBe(refused);
  process.rollback();
  expect(answerOf(send(process, mischief.grow, 20 - pages))).toBe(BigInt(pages));
  process.commit();
  expect(process.memory.length).toBe(20 * 65_536);
  expect(answerOf(send(process, mischief.grow, 1))).toBe(refused);
});

test("a module that begins with more than its limit fails every message", () => {
  const memoryPagesMax = module.instrumented.initialPages - 1;
  const process = Process.genesis({ module, memoryPagesMax, kernel });
  const outcome = process.evaluate({ inbox: mischiefInbox(0), gasLimit, first: true });
  expect(failureOf(outcome).diagnostic.reason).toBe("memory-limit");
});

test("the engine's own stack overflow is the host's fault and no outcome", () => {
  // A stack table that promises too much stands for an engine with bigger frames than measured.
  const broken = { ...module, instrumented: { ...module.instrumented, stackLimit: 2 ** 31 - 1 } };
  const process = Process.genesis({ module: broken, memoryPagesMax: 64, kernel });
  const inbox = mischiefInbox(mischief.recurse, 10_000_000);
  const run = (): RunOutcome => process.evaluate({ inbox, gasLimit: 2 ** 40, first: true });
  expect(run).toThrow(HostFault);
  expect(run).toThrow("disposed");
});

test("commit and rollback belong to a pending run, and nothing runs before they came", () => {
  const process = started();
  expect(() => process.commit()).toThrow("a run is pending");
  expect(() => process.rollback()).toThrow("a run is pending");
  expect(send(process, mischief.globals).ok).toBe(true);
  expect(() => send(process, mischief.globals)).toThrow("committed or rolled back");
});

test("a process counts live memory, committed memory and tree, and none of the first once gone", () => {
  const process = started();
  const { byteLength } = process;
  expect(byteLength).toBeGreaterThan(2 * process.memory.length);
  process.dispose();
  expect(process.byteLength).toBe(byteLength - process.memory.length);
  expect(() => send(process, mischief.globals)).toThrow("disposed");
});
