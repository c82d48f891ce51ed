/**
 * A process whose runs are long for their size, and end in every way: what slots of several segments
 * are tested with. Its input is a list of u32 little-endian: what to do, then two operands.
 *
 * @module
 */

import { compileAssemblyScript, processFlags } from "./assembly-script.ts";

/** What the first word of the input may ask for. */
export const longActions = {
  /** Mixes the table `a` times; returns it. */
  mix: 0,
  /** Recurses `a` deep, mixing on the way back. */
  recurse: 1,
  /** Mixes `b` times, grows memory by `a` pages and writes into the last, mixes again. */
  grow: 2,
  /** Mixes `a` times, then divides by zero. */
  trap: 3,
  /** Mixes for ever. */
  spin: 4,
  /** Writes an answer, mixes `a` times without touching it, returns it. */
  answer: 5,
  /** Mixes `a` times, then reads outside of memory. */
  outside: 6,
  /** Recurses for ever. */
  deep: 7,
} as const;

const source = `
const table: StaticArray<u32> = new StaticArray<u32>(64);
const answer: StaticArray<u32> = new StaticArray<u32>(64);
let inbox: StaticArray<u8> = new StaticArray<u8>(0);
let seed: u32 = 12345;
let wide: u64 = 0x0123456789abcdef;

function mix(count: i32): void {
  for (let i = 0; i < count; i++) {
    seed = seed * 1103515245 + 12345;
    wide = rotl(wide, 7) ^ <u64>seed;
    const at = (seed >>> 16) & 63;
    unchecked(table[at] += seed ^ <u32>wide);
  }
}

function recurse(depth: i32): u32 {
  if (depth == 0) return seed;
  const before = unchecked(table[depth & 63]);
  const below = recurse(depth - 1);
  mix(1);
  return before ^ below;
}

function recurseForEver(depth: u32): u32 {
  return recurseForEver(depth + 1) + recurse(1);
}

// Slot 0 is a long one already.
mix(400);

export function alloc(length: i32): i32 {
  inbox = new StaticArray<u8>(length);
  return <i32>changetype<usize>(inbox);
}

export function handle(length: i32): i64 {
  const at = changetype<usize>(inbox);
  const action = load<u32>(at);
  const a = load<u32>(at, 4);
  const b = load<u32>(at, 8);
  let from = table;
  if (action == 0) mix(a);
  else if (action == 1) seed ^= recurse(a);
  else if (action == 2) {
    mix(b);
    const before = memory.grow(a);
    store<u32>((<usize>before + a) * 65536 - 4, seed);
    mix(b);
  } else if (action == 3) {
    mix(a);
    seed = seed / (b - b);
  } else if (action == 4) {
    while (true) mix(1);
  } else if (action == 5) {
    for (let i = 0; i < 64; i++) unchecked(answer[i] = seed ^ i);
    mix(a);
    from = answer;
  } else if (action == 6) {
    mix(a);
    seed = load<u32>(0xfffffff0 + b);
  } else if (action == 7) seed = recurseForEver(a);
  return (<i64>changetype<usize>(from) << 32) | 256;
}
`;

/** Its module. */
export async function longProcess(): Promise<Uint8Array> {
  return compileAssemblyScript(source, [...processFlags, "--use", "abort="]);
}

/** The input that asks for an action. */
export function longInput(action: keyof typeof longActions, a = 0, b = 0): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  [longActions[action], a, b].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return bytes;
}
