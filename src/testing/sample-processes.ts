/**
 * Small processes in AssemblyScript for tests and measurements of the machine: each takes a u32 as
 * its input and returns eight bytes. They use the raw entry points, without the process SDK.
 *
 * @module
 */

import { compileAssemblyScript, processFlags } from "./assembly-script.ts";

const entryPoints = `
let inbox: StaticArray<u8> = new StaticArray<u8>(0);
const outbox: StaticArray<u64> = new StaticArray<u64>(1);

export function alloc(length: i32): i32 {
  inbox = new StaticArray<u8>(length);
  return <i32>changetype<usize>(inbox);
}

export function handle(length: i32): i64 {
  unchecked((outbox[0] = run(load<u32>(changetype<usize>(inbox)))));
  return (<i64>changetype<usize>(outbox) << 32) | 8;
}
`;

const programs = {
  fib: `
function fib(n: u32): u64 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
function run(n: u32): u64 { return fib(n); }
`,
  sha256: `
const K: StaticArray<u32> = StaticArray.fromArray<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174]);
const state: StaticArray<u32> = new StaticArray<u32>(8);
const words: StaticArray<u32> = new StaticArray<u32>(64);
function compress(): void {
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15], y = words[i - 2];
    words[i] = words[i - 16] + words[i - 7] + (rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3))
      + (rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10));
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g))
      + K[i & 15] + words[i];
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}
function run(n: u32): u64 {
  for (let i = 0; i < 8; i++) state[i] = i;
  for (let k: u32 = 0; k < n; k++) {
    for (let i = 0; i < 16; i++) words[i] = state[i & 7] + k;
    compress();
  }
  return (<u64>state[0] << 32) | state[7];
}
`,
  sort: `
function run(n: u32): u64 {
  const values = new Array<u32>(n);
  let seed: u32 = 12345;
  for (let i: u32 = 0; i < n; i++) { seed = seed * 1664525 + 1013904223; values[i] = seed; }
  values.sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
  let sum: u64 = 0;
  for (let i: u32 = 0; i < n; i++) sum = sum * 31 + values[i];
  return sum;
}
`,
  token: `
class Account { constructor(public balance: u64) {} }
const accounts = new Map<string, Account>();
function run(n: u32): u64 {
  let seed: u32 = 99;
  for (let i: u32 = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    const from = "account-" + ((seed >> 8) % 500).toString();
    const to = "account-" + ((seed >> 18) % 500).toString();
    if (!accounts.has(from)) accounts.set(from, new Account(1000));
    if (!accounts.has(to)) accounts.set(to, new Account(1000));
    const amount: u64 = seed & 7;
    const payer = accounts.get(from);
    if (payer.balance < amount) continue;
    payer.balance -= amount;
    accounts.get(to).balance += amount;
  }
  let sum: u64 = 0;
  const keys = accounts.keys();
  for (let i = 0; i < keys.length; i++) sum = sum * 31 + accounts.get(keys[i]).balance;
  return sum;
}
`,
} as const;

export type SampleName = keyof typeof programs;

/** All samples, in the order in which they are written here. */
export const sampleNames: readonly SampleName[] = ["fib", "sha256", "sort", "token"];

/** The binary module of a sample: a valid process without imports. */
export function compileSample(
  name: SampleName,
  extraFlags: readonly string[] = [],
): Promise<Uint8Array> {
  return compileAssemblyScript(programs[name] + entryPoints, [
    ...processFlags,
    "--use",
    "abort=",
    ...extraFlags,
  ]);
}
