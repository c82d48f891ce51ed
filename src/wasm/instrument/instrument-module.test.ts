import { expect, test } from "vitest";
import { equalBytes } from "../../base/bytes.ts";
import { runInEngine } from "../../testing/engine-run.ts";
import {
  functionOf,
  type InstructionWords,
  minimalProcess,
} from "../../testing/minimal-process.ts";
import { compileSample, type SampleName, sampleNames } from "../../testing/sample-processes.ts";
import { decodeModule } from "../binary/decode.ts";
import { encodeModule } from "../binary/encode.ts";
import { i32Type, i64Type, type WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { validateModule } from "../validate/check-module.ts";
import { integerLanguage } from "../validate/module-context.ts";
import { validateProcess } from "../validate/validate-process.ts";
import { type InstrumentedModule, instrumentModule } from "./instrument-module.ts";
import { offsetMap, originalOffset } from "./offset-map.ts";

const { functions } = minimalProcess();

/** A process whose `handle` has this body; `words` leave an i64. */
function withHandle(words: readonly InstructionWords[], changes: Partial<WasmModule> = {}) {
  const process = minimalProcess({
    functions: [functions[0]!, functions[1]!, functionOf(2, words, [i32Type, i64Type])],
    ...changes,
  });
  return instrumentModule(validateProcess(encodeModule(process)), { dirtyTracking: false });
}

/** Gas of a run of the whole slot, and what `handle` returned; −1 gas stands for a failure. */
function spend(module: InstrumentedModule, options: { gas?: bigint; memoryCap?: number } = {}) {
  const gas = options.gas ?? 1_000_000n;
  const run = runInEngine(module.bytes, { gas, stack: module.stackLimit, ...options });
  const left = run.globals.get("$gas")!;
  const succeeded = run.returned !== null && left >= 0n;
  return { gasUsed: succeeded ? Number(gas - left) : -1, returned: run.returned, run };
}

/** What `_start`, `alloc` and entering `handle` (one parameter, two locals) cost: 1 + 1 + 1. */
const fixedGas = 3;

const small: Readonly<Record<SampleName, number>> = { fib: 15, sha256: 20, sort: 500, token: 300 };

test("compiled processes give the same answer raw and instrumented, with and without the mask", async () => {
  for (const name of sampleNames) {
    const raw = await compileSample(name);
    const validated = validateProcess(raw);
    const input = new Uint8Array(Uint32Array.of(small[name]).buffer);
    const expected = runInEngine(raw, { input });
    const gasUsed = new Set<bigint>();
    for (const dirtyTracking of [false, true]) {
      const { bytes, stackLimit } = instrumentModule(validated, { dirtyTracking });
      const run = runInEngine(bytes, { gas: 1n << 40n, stack: stackLimit, input });
      expect(run.returned, name).toBe(expected.returned);
      expect(equalBytes(run.memory, expected.memory), name).toBe(true);
      expect(run.globals.get("$stack"), name).toBe(BigInt(stackLimit));
      gasUsed.add(run.globals.get("$gas")!);
    }
    expect(gasUsed.size, name).toBe(1);
  }
});

test("charges each kind of instruction its price", () => {
  const result: InstructionWords = [Op.i64Const, 0];
  const cases: readonly (readonly [
    gas: number,
    what: string,
    words: readonly InstructionWords[],
  ])[] = [
    [
      0,
      "constants, local.get, drop, nop, block",
      [[Op.nop], [Op.block, -64], [Op.end], [Op.localGet, 0], [Op.drop], result],
    ],
    [
      3,
      "add, local.set, local.tee",
      [[Op.i32Const, 1], [Op.i32Const, 2], [Op.i32Add], [Op.localTee, 1], [Op.localSet, 1], result],
    ],
    [
      4 + 4 + 1,
      "division, i64 remainder",
      [
        [Op.i32Const, 9],
        [Op.i32Const, 2],
        [Op.i32DivU],
        [Op.localSet, 1],
        [Op.i64Const, 9],
        [Op.i64Const, 4],
        [Op.i64RemS],
      ],
    ],
    [
      2 + 2 + 1,
      "store and load",
      [
        [Op.i32Const, 8],
        [Op.i32Const, 2],
        [Op.i32Store, 2, 4],
        [Op.i32Const, 8],
        [Op.i32Load, 2, 4],
        [Op.localSet, 1],
        result,
      ],
    ],
    [5 + 1, "call of `_start`", [[Op.call, 0], result]],
    [50 + 2000, "growth by two pages", [[Op.i32Const, 2], [Op.memoryGrow], [Op.drop], result]],
    [
      5 + 3,
      "fill of nine bytes",
      [[Op.i32Const, 0], [Op.i32Const, 0], [Op.i32Const, 9], [Op.memoryFill], result],
    ],
    [
      5 + 2,
      "copy of eight bytes",
      [[Op.i32Const, 0], [Op.i32Const, 64], [Op.i32Const, 8], [Op.memoryCopy], result],
    ],
    [
      1,
      "an if not taken, without else",
      [[Op.i32Const, 0], [Op.if, -64], [Op.i32Const, 1], [Op.localSet, 1], [Op.end], result],
    ],
    [
      3 + 1,
      "br_table and what follows its target",
      [
        [Op.block, -64],
        [Op.i32Const, 0],
        [Op.brTable, [0, 0]],
        [Op.end],
        [Op.i32Const, 1],
        [Op.localSet, 1],
        result,
      ],
    ],
    [1, "return, and nothing for the dead code behind it", [result, [Op.return], [Op.i64Clz]]],
    [1, "a branch to the function's own label", [result, [Op.br, 0], [Op.i64Clz]]],
    // Three rounds of: get, const, sub, tee, br_if.
    [
      1 + 3 * 3,
      "a loop of three rounds",
      [
        [Op.i32Const, 3],
        [Op.localSet, 1],
        [Op.loop, -64],
        [Op.localGet, 1],
        [Op.i32Const, 1],
        [Op.i32Sub],
        [Op.localTee, 1],
        [Op.brIf, 0],
        [Op.end],
        result,
      ],
    ],
  ];
  for (const [gas, what, words] of cases) {
    // `br_table` from a handle result has nothing left to return: all bodies end with an i64.
    expect(spend(withHandle(words)).gasUsed, what).toBe(fixedGas + gas);
  }
});

test("succeeds with exactly the gas that it uses and fails with one less", () => {
  const module = withHandle([[Op.i32Const, 4], [Op.memoryGrow], [Op.i64ExtendI32U]]);
  const { gasUsed } = spend(module);
  expect(spend(module, { gas: BigInt(gasUsed) }).gasUsed).toBe(gasUsed);
  expect(spend(module, { gas: BigInt(gasUsed - 1) }).gasUsed).toBe(-1);
});

test("stops an endless loop, an endless recursion and an endless chain of large fills", () => {
  const loop = withHandle([[Op.loop, -64], [Op.br, 0], [Op.end], [Op.unreachable]]);
  const recursion = withHandle([
    [Op.localGet, 0],
    [Op.call, 2],
  ]);
  const fills = withHandle([
    ...Array.from({ length: 2000 }, (): InstructionWords[] => [
      [Op.i32Const, 0],
      [Op.i32Const, 1],
      [Op.i32Const, 65_536],
      [Op.memoryFill],
    ]).flat(),
    [Op.i64Const, 0],
  ]);
  for (const module of [loop, recursion, fills]) {
    const { gasUsed, run } = spend(module);
    expect(gasUsed).toBe(-1);
    expect(run.trap).not.toBeNull();
  }
});

test("stops a recursion at the stack limit whatever the gas", () => {
  const module = withHandle([
    [Op.localGet, 0],
    [Op.call, 2],
  ]);
  const { gasUsed, run } = spend(module, { gas: 1n << 60n });
  expect(gasUsed).toBe(-1);
  expect(run.globals.get("$stack")).toBeLessThan(0n);
  expect(run.trap).toContain("unreachable");
});

test("growth fails at the host's cap and at the module's own maximum, and nowhere else", () => {
  const grow: readonly InstructionWords[] = [[Op.localGet, 0], [Op.memoryGrow], [Op.i64ExtendI32S]];
  const open = withHandle([[Op.i32Const, 7], [Op.memoryGrow], [Op.i64ExtendI32S]]);
  expect(open.pagesMax).toBe(4096);
  expect(spend(open, { memoryCap: 8 }).returned).toBe(1n);
  expect(spend(open, { memoryCap: 7 }).returned).toBe(-1n);
  const bounded = withHandle(grow, { memories: [{ minimum: 1, maximum: 8, offset: 0 }] });
  expect(bounded.pagesMax).toBe(8);
  const memoryCap = 4096;
  // The input has eight bytes, so `handle` is asked to grow by 8: to 9 pages.
  expect(spend(bounded, { memoryCap }).returned).toBe(-1n);
  // All 2^32 − 1 pages: the price is out of reach, without overflow anywhere.
  const absurd = withHandle([[Op.i32Const, -1], [Op.memoryGrow], [Op.i64ExtendI32S]]);
  expect(spend(absurd).gasUsed).toBe(-1);
  expect(spend(absurd, { gas: 1n << 60n }).returned).toBe(-1n);
});

test("exports the mutable globals in declared order, and nothing of them to the process", async () => {
  const validated = validateProcess(await compileSample("token"));
  const output = instrumentModule(validated, { dirtyTracking: true });
  const mutable = validated.module.globals.filter((global) => global.mutable);
  expect(output.mutableGlobals.map(({ type }) => type)).toEqual(mutable.map(({ type }) => type));
  const exports = WebAssembly.Module.exports(
    new WebAssembly.Module(output.bytes as Uint8Array<ArrayBuffer>),
  );
  const names = exports.map(({ name }) => name).filter((name) => name.startsWith("$"));
  const expected = ["$gas", "$stack", "$fault", "$memoryCap", "$dirty"];
  expect(names).toEqual([...expected, ...mutable.map((_, position) => `$global${position}`)]);
  expect(() => validateModule(decodeModule(output.bytes), integerLanguage)).not.toThrow();
});

test("leads from a trap in the instrumented module to the instruction in the original", () => {
  const words: readonly InstructionWords[] = [
    [Op.nop],
    [Op.i64Const, 1],
    [Op.i64Const, 0],
    [Op.i64DivS],
  ];
  const original = encodeModule(
    minimalProcess({ functions: [functions[0]!, functions[1]!, functionOf(2, words)] }),
  );
  const output = instrumentModule(validateProcess(original), { dirtyTracking: false });
  const map = offsetMap(output);
  const division = decodeModule(original).functions[2]!.code.offsets[3]!;
  const compiled = new WebAssembly.Module(output.bytes as Uint8Array<ArrayBuffer>);
  const { $gas, handle } = new WebAssembly.Instance(compiled, {}).exports;
  ($gas as WebAssembly.Global).value = 1000n;
  try {
    (handle as (length: number) => bigint)(0);
    expect.unreachable();
  } catch (error) {
    const offset = /wasm-function\[2\]:0x([0-9a-f]+)/.exec((error as Error).stack ?? "")?.[1];
    expect(originalOffset(map, Number.parseInt(offset!, 16))).toBe(division);
  }
  expect(originalOffset(map, 3)).toBeNull();
});
