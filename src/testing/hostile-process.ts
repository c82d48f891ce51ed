/**
 * A process that does to its host whatever its message says: the data is a marker, one byte that
 * names the deed, and what the deed needs. Its state counts the messages that it survived.
 *
 * @module
 */

import { concatBytes } from "../base/bytes.ts";
import { outputRecord } from "../protocol/output.ts";
import { compileAssemblyScript } from "./assembly-script.ts";

/** What a message can ask for. */
export const deeds = {
  /** Returns the bytes after the deed, whatever they are. */
  answer: 0,
  loopForever: 1,
  recurseForever: 2,
  growForever: 3,
  /** Returns an address and a length beyond memory. */
  pointNowhere: 4,
  /** Returns an address at the end of memory, and a length that crosses it. */
  pointAcrossTheEnd: 5,
  /** Answers well, and traps in `alloc` from the next message on. */
  trapInAlloc: 6,
  /** Answers well; from the next message on `alloc` answers an address beyond memory. */
  allocNowhere: 7,
  /** Returns a list of 10^6 messages. */
  sendMillion: 8,
  /** Returns a log line that says it has 10^9 bytes. */
  logGigabyte: 9,
  /** Returns 2 MiB. */
  answerLong: 10,
  trap: 11,
  /** Grows to its limit and writes to every chunk of it, then answers well. */
  writeEverywhere: 12,
  /** Divides for ever: what costs most time for its gas. */
  divideForever: 13,
} as const;

const marker = Uint8Array.of(0x6e, 0x79, 0x6d, 0x68, 0x6f, 0x73, 0x74, 0x69);

const source = `
const silence: StaticArray<u8> = [0x96, 7, 1, 0xc4, 0, 0x90, 0x90, 0x90];
const million: StaticArray<u8> = [0x96, 7, 1, 0xc4, 0, 0xdd, 0x00, 0x0f, 0x42, 0x40];
const gigabyte: StaticArray<u8> = [0x96, 7, 1, 0xc4, 0, 0x90, 0x90, 0x91, 0xdb, 0x3b, 0x9a, 0xca, 0];
let inbox: StaticArray<u8> = new StaticArray<u8>(0);
let survived: u32 = 0;
let round: u8 = 0;
let allocation: i32 = 0;
let sink: u64 = 1;

function stop(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}

export function alloc(length: i32): i32 {
  if (allocation == 1) unreachable();
  if (allocation == 2) return 0x7ffffff0;
  inbox = new StaticArray<u8>(length);
  return <i32>changetype<usize>(inbox);
}

function answer(start: usize, length: usize): i64 {
  survived++;
  return (<i64>start << 32) | <i64>length;
}

function recurse(depth: u64): u64 {
  sink += depth;
  return recurse(depth + 1) + recurse(sink);
}

function spread(head: StaticArray<u8>, headLength: i32): i64 {
  const length = 0xffff0;
  const start = <usize>memory.grow(17) << 16;
  memory.fill(start, 0xc0, length);
  memory.copy(start, changetype<usize>(head), headLength);
  return answer(start, length);
}

export function handle(length: i32): i64 {
  const start = changetype<usize>(inbox), end = start + length;
  const quiet = changetype<usize>(silence);
  let at = start;
  while (at + 9 <= end && load<u64>(at) != 0x6974736f686d796e) at++;
  if (at + 9 > end) return answer(quiet, 8);
  const deed = load<u8>(at, 8);
  if (deed == 0) return answer(at + 9, end - at - 9);
  if (deed == 1) while (true) sink++;
  if (deed == 2) return answer(<usize>recurse(0), 8);
  if (deed == 3) while (true) sink += memory.grow(1);
  if (deed == 4) return answer(0x7fff0000, 0x10000);
  if (deed == 5) return answer((<usize>memory.size() << 16) - 4, 8);
  if (deed == 6) { allocation = 1; return answer(quiet, 8); }
  if (deed == 7) { allocation = 2; return answer(quiet, 8); }
  if (deed == 8) return spread(million, 10);
  if (deed == 9) return spread(gigabyte, 13);
  if (deed == 10) { memory.grow(33); return answer(0x10000, 0x200000); }
  if (deed == 11) unreachable();
  if (deed == 12) {
    memory.grow(load<u16>(at, 9));
    const first: usize = 0x100000;
    memory.fill(first, ++round, (<usize>memory.size() << 16) - first);
    return answer(quiet, 8);
  }
  if (deed == 13) while (true) sink = (sink ^ 0x9e3779b97f4a7c15) % (sink | 3) + 0x7fffffffffffffff / (sink | 5);
  return answer(quiet, 8);
}
`;

// At -O3 the compiler (AssemblyScript 0.28.20) did not come to an end with these loops.
const flags = ["-O1", "--runtime", "incremental", "--exportStart", "_start"];

/** The binary module, compiled once. */
export const hostileModule: Promise<Uint8Array> = compileAssemblyScript(source, [
  ...flags,
  "--use",
  "abort=index/stop",
]);

/** The data of a message that asks for a deed. */
export function deedData(deed: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  return concatBytes(marker, Uint8Array.of(deed), rest);
}

/** The data of a message that is answered with a valid output. */
export function quietData(): Uint8Array {
  const nothing = { output: new Uint8Array(0), messages: [], spawns: [], logs: [] };
  return deedData(deeds.answer, outputRecord.encode(nothing));
}
