/**
 * Arithmetic of 64 bits: `Power` is modular exponentiation, `Mix` everything that shifts, rotates,
 * counts and compares, `Divide` all four divisions, `Convert` sign extensions and narrow memory. Each
 * changes the state, so that a wrong bit shows in all that follows.
 *
 * @module
 */

import { guard, Message, reply, replyError } from "nymcompute/sdk";
import { failOnDemand } from "./failures";

const timesMax: u64 = 2000;

let sum: u64 = 0x0123_4567_89ab_cdef;
const cells = new StaticArray<u8>(64);

export function receive(message: Message): void {
  if (failOnDemand(message)) return;
  const action = message.action;
  const one = U64.parseInt(message.tag("A", "1"));
  const other = U64.parseInt(message.tag("B", "1"));
  if (action == "Power") sum ^= power(one, other, U64.parseInt(message.tag("Modulus", "2")));
  else if (action == "Mix") mix(one, timesOf(message));
  else if (action == "Divide") divide(one, other, timesOf(message));
  else if (action == "Convert") convert(one, timesOf(message));
  else return replyError(message, "Unknown action");
  reply(message, sum.toString());
}

function timesOf(message: Message): u64 {
  const times = U64.parseInt(message.tag("Times", "1"));
  guard(times <= timesMax, "Times must be at most 2000");
  return times;
}

/** `base` to the `exponent`, modulo any number; a modulus of zero traps. */
function power(base: u64, exponent: u64, modulus: u64): u64 {
  let result = 1 % modulus;
  let square = base % modulus;
  for (let rest = exponent; rest != 0; rest >>= 1) {
    if ((rest & 1) == 1) result = multiply(result, square, modulus);
    square = multiply(square, square, modulus);
  }
  return result;
}

/** The product modulo `modulus`: at once where it fits, else by doubling, which never overflows. */
function multiply(one: u64, other: u64, modulus: u64): u64 {
  if ((one | other) <= 0xffff_ffff) return (one * other) % modulus;
  let product: u64 = 0;
  let term = one;
  for (let rest = other; rest != 0; rest >>= 1) {
    if ((rest & 1) == 1) product = addModulo(product, term, modulus);
    term = addModulo(term, term, modulus);
  }
  return product;
}

function addModulo(one: u64, other: u64, modulus: u64): u64 {
  return one >= modulus - other ? one - (modulus - other) : one + other;
}

function mix(value: u64, times: u64): void {
  let x = value;
  for (let at: u64 = 0; at < times; at++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    x = rotl(x, at) + rotr(x, at * 3);
    x += <u64>(<i64>x >> (at & 63));
    if (<i64>x < <i64>sum) x += popcnt(x);
    else if (x >= sum) x -= clz(x) * ctz(x);
    if (<i64>x <= -1) x = ~x;
    if (x > sum != <i64>x > <i64>sum) x *= 0x5851_f42d_4c95_7f2d;
    if (!x) x = at;
    sum = ((sum & x) | (sum ^ (x | at))) * 0x9e37_79b9_7f4a_7c15;
  }
}

function divide(dividend: u64, divisor: u64, times: u64): void {
  let x = dividend;
  for (let at: u64 = 0; at < times; at++) {
    const by = divisor + at;
    sum += x / by + (x % by) * 31;
    sum ^= <u64>(<i64>x / <i64>by) + <u64>(<i64>x % -(<i64>by));
    x = (x ^ sum) * 0x9e37_79b9_7f4a_7c15;
  }
}

function convert(value: u64, times: u64): void {
  const place = changetype<usize>(cells);
  let x = value;
  for (let at: u64 = 0; at < times; at++) {
    const cell = place + <usize>(x & 31);
    store<u64>(cell, x);
    store<u16>(cell, <u16>(x >> 40), 3);
    store<u32>(cell, <u32>(x >> 9), 7);
    x += <u64>(<i64>load<i8>(cell, 1)) ^ <u64>(<i64>load<i16>(cell, 3));
    x ^= <u64>(<i64>load<i32>(cell, 6)) + load<u8>(cell, 11);
    x += <u64>(<i64>(<i8>x)) + <u64>(<i64>(<i16>(x >> 20))) + <u64>(<i64>(<i32>(x >> 7)));
    x = rotr(x, load<u16>(cell, 2));
    sum ^= x;
  }
}
