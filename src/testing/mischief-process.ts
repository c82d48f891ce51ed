/**
 * A process in AssemblyScript that does on demand everything that a runtime must withstand: it keeps
 * accounts like an honest one, and traps, loops, recurses, grows, aborts, or answers from nowhere.
 *
 * Its input is a list of u32 little-endian: what to do, then two operands.
 *
 * @module
 */

import { compileAssemblyScript, processFlags } from "./assembly-script.ts";

/** What the first word of the input may ask for. */
export const mischief = {
  /** Adds `b` to account `a`; returns its balance. */
  deposit: 0,
  /** Writes to many pages, then divides by zero. */
  divideByZero: 1,
  loopForever: 2,
  /** Recurses `a` deep, writing on the way. */
  recurse: 3,
  /** Grows memory by `a` pages, writes into the last, and traps if `b` is not 0. */
  grow: 4,
  /** Fills `b` bytes from address `a`, beyond the compiler's own, and traps if out of range. */
  fill: 5,
  /** Stores eight bytes at address `a`, unaligned. */
  store: 6,
  /** Throws, as a failed check does. */
  abort: 7,
  /** Returns bytes outside memory. */
  answerFromNowhere: 8,
  /** From the next message on, `alloc` answers with address `a`. */
  setAllocation: 9,
  /** Returns `a` bytes. */
  answerLong: 10,
  /** Adds to two globals and nothing else. */
  globals: 11,
} as const;

/** Its source; an abort names lines of it. */
export const mischiefSource: string = `
let inbox: StaticArray<u8> = new StaticArray<u8>(0);
const outbox: StaticArray<u64> = new StaticArray<u64>(2);
const accounts = new Map<u32, u64>();
const scratch: StaticArray<u8> = new StaticArray<u8>(300000);
// A bare pointer: no shadow stack of the compiler's stands in the recursion's way.
const scratchStart: usize = changetype<usize>(scratch);
let count: i32 = 0;
let total: u64 = 0xfffffffffffffff0;
let allocation: i32 = -1;
let started: i32 = 0;

started = 1;

export function alloc(length: i32): i32 {
  if (allocation != -1) {
    const chosen = allocation;
    allocation = -1;
    return chosen;
  }
  inbox = new StaticArray<u8>(length);
  return <i32>changetype<usize>(inbox);
}

function recordAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  store<u32>(16, <u32>changetype<usize>(message));
  store<u32>(20, <u32>changetype<usize>(file));
  store<u32>(24, line);
  store<u32>(28, column);
  unreachable();
}

function answer(value: u64): i64 {
  outbox[0] = value;
  outbox[1] = <u64>started;
  return (<i64>changetype<usize>(outbox) << 32) | 16;
}

function recurse(depth: u32): u64 {
  store<u8>(scratchStart + depth % 300000, <u8>depth);
  return depth == 0 ? 1 : recurse(depth - 1) + depth;
}

export function handle(length: i32): i64 {
  const input = changetype<usize>(inbox);
  const what = load<u32>(input), a = load<u32>(input, 4), b = load<u32>(input, 8);
  if (what == 0) {
    const balance = (accounts.has(a) ? accounts.get(a) : 0) + b;
    accounts.set(a, balance);
    return answer(balance);
  }
  if (what == 1) {
    for (let i = 0; i < 300000; i += 1000) scratch[i] += 1;
    total += 1;
    return answer(a / (b & 0));
  }
  if (what == 2) {
    while (true) scratch[count++ & 0xffff] += 1;
  }
  if (what == 3) return answer(recurse(a));
  if (what == 4) {
    const before = memory.grow(a);
    if (before >= 0 && a > 0) store<u32>((<usize>memory.size() << 16) - 4, 0x1234);
    count += 7;
    if (b != 0) unreachable();
    return answer(<u64>before);
  }
  if (what == 5) {
    memory.fill(a, <u8>count + 1, b);
    return answer(0);
  }
  if (what == 6) {
    store<u64>(a, 0x0102030405060708);
    return answer(load<u64>(a));
  }
  if (what == 7) {
    total = 0;
    throw new Error("nothing left: \\u2205");
  }
  if (what == 8) return (<i64>-65536 << 32) | 70000;
  if (what == 9) {
    allocation = <i32>a;
    return answer(0);
  }
  if (what == 10) return (<i64>0 << 32) | <i64>a;
  count += <i32>a;
  total += b;
  return answer(total);
}
`;

/** The binary module of the process. */
export function compileMischief(): Promise<Uint8Array> {
  const start = "index/recordAbort";
  return compileAssemblyScript(mischiefSource, [...processFlags, "--use", `abort=${start}`]);
}

/** An inbox for it: three words. */
export function mischiefInbox(what: number, a = 0, b = 0): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  [what, a, b].forEach((word, position) => {
    view.setUint32(4 * position, word, true);
  });
  return bytes;
}
