/**
 * Processes at the edges of the machine: every operation with its operands in one place, narrow and
 * crossing accesses, growth, calls through the table, recursion without end, addresses beyond 2^32.
 *
 * @module
 */

import binaryen from "binaryen";

/** A process with this body of `handle`, and functions beside it. */
export function processOf(body: string, others = ""): Uint8Array {
  const module = binaryen.parseText(`(module
    (type $binary (func (param i32 i32) (result i32)))
    (memory (export "memory") 1 3)
    (table 2 2 funcref)
    (elem (i32.const 0) $plus $minus)
    (global $sum (mut i64) (i64.const 7))
    (data (i32.const 2048) "\\80\\7f\\ff\\01\\fe\\dc\\ba\\98\\76\\54\\32\\10")
    (func (export "_start"))
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func $plus (type $binary) (i32.add (local.get 0) (local.get 1)))
    (func $minus (type $binary) (i32.sub (local.get 0) (local.get 1)))
    ${others}
    (func (export "handle") (param i32) (result i64) (local $x i32) (local $y i32) (local $z i64)
      ${body}
      (i64.const 4398046511112)))`);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

const binary = [
  ...["add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "shr_s", "rotl", "rotr"],
  ...["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"],
  ...["div_u", "rem_u", "div_s", "rem_s"],
];

/** Each operation on one local twice into the same, and on two. */
const aliases = binary.flatMap((name) =>
  [5, 0x8000_0001, 0xffff_ffff].map(
    (value) => `
      (local.set $x (i32.const ${value}))
      (local.set $x (i32.${name} (local.get $x) (local.get $x)))
      (local.set $y (i32.const 0x7fffffff))
      (local.set $x (i32.${name} (local.get $x) (local.get $y)))
      (local.set $y (i32.${name} (local.get $y) (i32.const 3)))`,
  ),
);

const unary = ["clz", "ctz", "popcnt"].flatMap((name) =>
  [0, 1, 0x0001_0000, 0x8000_0000].map(
    (value) => `
      (local.set $x (i32.const ${value}))
      (local.set $x (i32.${name} (local.get $x)))`,
  ),
);

const accesses = [0, 1, 2, 3].flatMap((offset) => [
  ...["load8_u", "load8_s", "load16_u", "load16_s", "load"].map(
    (name) => `(local.set $x (i32.${name} offset=${2048 + offset} (local.get $y)))`,
  ),
  ...["store8", "store16", "store"].map(
    (name) => `(i32.${name} offset=${2064 + offset} (local.get $y) (i32.const 0x1234abcd))`,
  ),
]);

/** All of the above, to the end. */
export function everythingProcess(): Uint8Array {
  return processOf(`
    ${aliases.join("")}
    ${unary.join("")}
    (local.set $y (i32.const 0))
    ${accesses.join("\n")}
    (local.set $z (i64.div_u (i64.const 0x123456789abcdef) (i64.const 0x10001)))
    (local.set $z (i64.rem_s (local.get $z) (i64.const -7)))
    (global.set $sum (i64.mul (global.get $sum) (local.get $z)))
    (local.set $x (memory.grow (i32.const 1)))
    (local.set $x (memory.grow (i32.const 5)))
    (local.set $x (memory.size))
    (memory.fill (i32.const 70000) (i32.const 171) (i32.const 37))
    (memory.copy (i32.const 70001) (i32.const 70000) (i32.const 21))
    (local.set $x (call_indirect (type $binary) (i32.const 3) (i32.const 4) (i32.const 1)))
    (local.set $x (call_indirect (type $binary) (i32.const 3) (local.get $x) (i32.const 0)))
    (block (block (block (br_table 0 1 2 (i32.and (local.get $x) (i32.const 1))))))`);
}

/** Recurses until the stack is out. */
export function recursiveProcess(): Uint8Array {
  const deeper = "(func $deeper (param i32) (call $deeper (i32.add (local.get 0) (i32.const 1))))";
  return processOf("(call $deeper (i32.const 0))", deeper);
}

/** Reads at an address beyond 2^32, which is not the small one that it is modulo 2^32. */
export function beyondProcess(): Uint8Array {
  return processOf(`
    (local.set $y (i32.const 0xfffffff0))
    (local.set $x (i32.load offset=2064 (local.get $y)))`);
}
