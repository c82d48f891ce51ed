/**
 * The process of the simulation: it does what its message's data says. The data is the very output
 * that the process is to return, so a sender writes down the whole tree of messages that follow.
 * Every byte that the process reads goes into its state, so that roots tell histories apart.
 *
 * @module
 */

import { concatBytes } from "../../src/base/bytes.ts";
import { contentIdOf } from "../../src/protocol/ids.ts";
import { type OutputMessage, type OutputSpawn, outputRecord } from "../../src/protocol/output.ts";
import { compileProcessModule, type ProcessModule } from "../../src/runtime/process-module.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { compileAssemblyScript, processFlags } from "../../src/testing/assembly-script.ts";

const magic = Uint8Array.of(0x6e, 0x79, 0x6d, 0x73, 0x69, 0x6d, 0x75, 0x6c);
/** Where the magic stands in an output: after array, kind, version, and the head of its bytes. */
const magicOffset = 5;

const source = `
const silence: StaticArray<u8> = [0x96, 7, 1, 0xc4, 0, 0x90, 0x90, 0x90];
let inbox: StaticArray<u8> = new StaticArray<u8>(0);
const history: StaticArray<u64> = new StaticArray<u64>(2048);
let count: u32 = 0;
let sum: u64 = 0;

function stop(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}

export function alloc(length: i32): i32 {
  inbox = new StaticArray<u8>(length);
  return <i32>changetype<usize>(inbox);
}

function answer(start: usize, end: usize): i64 {
  return (<i64>start << 32) | <i64>(end - start);
}

export function handle(length: i32): i64 {
  const start = changetype<usize>(inbox), end = start + length;
  for (let at = start; at < end; at++) sum = sum * 31 + load<u8>(at);
  history[count++ & 2047] = sum;
  for (let at = start + ${magicOffset}; at + 9 <= end; at++) {
    if (load<u64>(at) != 0x6c756d69736d796e) continue;
    if (load<u8>(at, 8) == 1) unreachable();
    return answer(at - ${magicOffset}, end);
  }
  const empty = changetype<usize>(silence);
  return answer(empty, empty + 8);
}
`;

/** What a message makes of its process. */
export interface Act {
  readonly messages: readonly OutputMessage[];
  readonly spawns: readonly OutputSpawn[];
  /** The evaluation fails instead. */
  readonly fails: boolean;
}

/** The data of a message that makes its process act so. */
export function actData({ messages, spawns, fails }: Act): Uint8Array {
  const output = concatBytes(magic, Uint8Array.of(fails ? 1 : 0));
  return outputRecord.encode({ output, messages, spawns, logs: [] });
}

/** What evaluations stand on; made once, for it is never changed. */
export interface TestMachine {
  readonly module: Uint8Array;
  readonly moduleId: Uint8Array;
  readonly kernel: StateKernel;
  readonly compile: (bytes: Uint8Array) => ProcessModule;
}

let machine: Promise<TestMachine> | null = null;

/** The machine that all simulated units share. */
export function testMachine(): Promise<TestMachine> {
  machine ??= makeMachine();
  return machine;
}

async function makeMachine(): Promise<TestMachine> {
  const flags = [...processFlags, "--use", "abort=index/stop"];
  const module = await compileAssemblyScript(source, flags);
  const compiled = compileProcessModule(module);
  return {
    module,
    moduleId: contentIdOf(module),
    kernel: new StateKernel(),
    compile: (bytes) =>
      Buffer.compare(bytes, module) === 0 ? compiled : compileProcessModule(bytes),
  };
}
