/**
 * SHA-256 (FIPS 180-4) of a message's data, as many times over as the tag `Times` says. `Chain` hashes
 * the data together with the process's last digest, so that the state depends on every message.
 *
 * @module
 */

import { guard, Message, reply, replyError, toHex } from "nymcompute/sdk";
import { failOnDemand } from "./failures";

const timesMax: u64 = 64;

// biome-ignore format: as the standard prints them
const constants: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

// biome-ignore format: four columns as the standard prints them
const initial: StaticArray<u32> = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

const state = new StaticArray<u32>(8);
const schedule = new StaticArray<u32>(64);
let last = new Uint8Array(0);

export function receive(message: Message): void {
  if (failOnDemand(message)) return;
  const action = message.action;
  if (action == "Hash") reply(message, toHex(hashTimes(message.data, timesOf(message))));
  else if (action == "Chain") {
    last = hashTimes(joined(last, message.data), timesOf(message));
    reply(message, toHex(last));
  } else if (action == "Last") reply(message, toHex(last));
  else replyError(message, "Unknown action");
}

function timesOf(message: Message): u64 {
  const times = U64.parseInt(message.tag("Times", "1"));
  guard(times >= 1 && times <= timesMax, "Times must be from 1 to 64");
  return times;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function hashTimes(data: Uint8Array, times: u64): Uint8Array {
  let digest = sha256(data);
  for (let done: u64 = 1; done < times; done++) digest = sha256(digest);
  return digest;
}

function sha256(data: Uint8Array): Uint8Array {
  const length = data.length;
  const blocks = (length + 8) / 64 + 1;
  const padded = new Uint8Array(blocks * 64);
  padded.set(data);
  padded[length] = 0x80;
  const start = padded.dataStart;
  store<u64>(start + blocks * 64 - 8, bswap<u64>(<u64>length * 8));
  for (let at = 0; at < 8; at++) state[at] = initial[at];
  for (let block = 0; block < blocks; block++) compress(start + block * 64);
  const digest = new Uint8Array(32);
  for (let at = 0; at < 8; at++) store<u32>(digest.dataStart + at * 4, bswap<u32>(state[at]));
  return digest;
}

function compress(block: usize): void {
  for (let at = 0; at < 16; at++) schedule[at] = bswap<u32>(load<u32>(block + at * 4));
  for (let at = 16; at < 64; at++) {
    const early = schedule[at - 15];
    const late = schedule[at - 2];
    const one = rotr(early, 7) ^ rotr(early, 18) ^ (early >> 3);
    const two = rotr(late, 17) ^ rotr(late, 19) ^ (late >> 10);
    schedule[at] = schedule[at - 16] + one + schedule[at - 7] + two;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let at = 0; at < 64; at++) {
    const choice = (e & f) ^ (~e & g);
    const one =
      h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + choice + constants[at] + schedule[at];
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const two = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + majority;
    h = g;
    g = f;
    f = e;
    e = d + one;
    d = c;
    c = b;
    b = a;
    a = one + two;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}
