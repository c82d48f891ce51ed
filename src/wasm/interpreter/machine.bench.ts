/**
 * Speed of the reference machine. Measured on Node 20.20, two shared cores: 30 to 50 million
 * instructions a second for i32 code, calls among it, and about 35 million for i64 code.
 *
 * @module
 */

import binaryen from "binaryen";
import { bench } from "vitest";
import { decodeModule } from "../binary/decode.ts";
import { validateModule } from "../validate/check-module.ts";
import { integerLanguage } from "../validate/module-context.ts";
import { instantiate } from "./machine.ts";

const module = binaryen.parseText(`(module (memory 1)
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "loop32") (param i32) (local i32)
    (loop $again
      (i32.store (i32.and (local.get 0) (i32.const 0xfffc)) (local.get 1))
      (local.set 1 (i32.add (i32.xor (local.get 1) (local.get 0))
                            (i32.load (i32.and (local.get 1) (i32.const 0xfffc)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "loop64") (param i32) (local i64)
    (loop $again
      (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 6364136223846793005))
                            (i64.shr_u (local.get 1) (i64.const 7))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`);
const validated = validateModule(decodeModule(module.emitBinary()), integerLanguage);
const limits = { gasLimit: 1e12, stackSlots: 200_000, memoryPagesMax: 1 };
const machine = instantiate(validated, limits);

/** Instructions of each round or call, counted by hand, give the rate from the time. */
for (const [name, argument, what] of [
  ["fib", 20, "fib(20): 21,891 calls, about 0.25 million instructions"],
  ["loop32", 50_000, "50,000 rounds of 20 instructions on i32 and memory"],
  ["loop64", 50_000, "50,000 rounds of 14 instructions, 8 of them on i64"],
] as const) {
  bench(what, () => {
    machine.invoke(name, [argument]);
  });
}
