import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeOf, functionOf, minimalProcess } from "../../testing/minimal-process.ts";
import { vectorsFolder } from "../../testing/vectors.ts";
import { decodeModule } from "../binary/decode.ts";
import { encodeModule } from "../binary/encode.ts";
import { WasmError } from "../binary/error.ts";
import { f64Type, i32Type, i64Type, type WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { validateModule } from "./check-module.ts";
import { floatInstructions } from "./float-instructions.ts";
import { integerLanguage, type LanguageOptions } from "./module-context.ts";

/** Everything that the checks know: what the standard's suite is run with. */
const wholeLanguage: LanguageOptions = { floats: true, multiValue: true, limits: null };

function refusal(bytes: Uint8Array, options: LanguageOptions): string {
  try {
    validateModule(decodeModule(bytes), options);
  } catch (error) {
    if (error instanceof WasmError) return error.code;
    throw error;
  }
  return "accepted";
}

/** A module whose function 0 has this body. */
const withBody = (...words: Parameters<typeof functionOf>[1]): Partial<WasmModule> => ({
  functions: [functionOf(0, words), ...minimalProcess().functions.slice(1)],
});

const global = {
  type: i32Type,
  mutable: false,
  initial: codeOf([Op.i32Const, 1]),
  offset: 0,
} as const;
const table = { elementType: 0x70, minimum: 1, maximum: 1, offset: 0 } as const;
const element = {
  flags: 0,
  table: 0,
  start: codeOf([Op.i32Const]),
  elementType: 0x70,
  functions: [0],
  expressions: null,
  offset: 0,
} as const;

const invalid: readonly (readonly [code: string, what: string, changes: Partial<WasmModule>])[] = [
  ["TYPE_MISMATCH", "i64 for i32", withBody([Op.i64Const], [Op.i32Eqz], [Op.drop])],
  [
    "TYPE_MISMATCH",
    "if with a result and no else",
    withBody([Op.i32Const], [Op.if, -1], [Op.i32Const], [Op.end], [Op.drop]),
  ],
  ["STACK_HEIGHT", "an operand is missing", withBody([Op.i32Const], [Op.i32Add], [Op.drop])],
  ["STACK_HEIGHT", "a value is left over", withBody([Op.i32Const])],
  [
    "STACK_HEIGHT",
    "a block reaches below itself",
    withBody([Op.i32Const], [Op.block, -64], [Op.drop], [Op.end]),
  ],
  ["INDEX_OUT_OF_RANGE", "local", withBody([Op.localGet, 0], [Op.drop])],
  ["INDEX_OUT_OF_RANGE", "global", withBody([Op.globalGet, 0], [Op.drop])],
  ["INDEX_OUT_OF_RANGE", "function", withBody([Op.call, 3])],
  ["INDEX_OUT_OF_RANGE", "label", withBody([Op.br, 1])],
  ["INDEX_OUT_OF_RANGE", "table", withBody([Op.i32Const], [Op.callIndirect, 0])],
  [
    "INDEX_OUT_OF_RANGE",
    "memory",
    { ...withBody([Op.memorySize], [Op.drop]), memories: [], exports: [] },
  ],
  ["INDEX_OUT_OF_RANGE", "type", { functions: [functionOf(9, [])] }],
  [
    "INDEX_OUT_OF_RANGE",
    "export",
    { exports: [{ name: "x", kind: "function", index: 3, offset: 0 }] },
  ],
  ["ALIGNMENT_TOO_LARGE", "i32 at 8", withBody([Op.i32Const], [Op.i32Load, 3], [Op.drop])],
  ["GLOBAL_IMMUTABLE", "set", { ...withBody([Op.i32Const], [Op.globalSet]), globals: [global] }],
  [
    "CONSTANT_EXPRESSION",
    "two constants",
    { globals: [{ ...global, initial: codeOf([Op.i32Const], [Op.i32Const]) }] },
  ],
  [
    "CONSTANT_EXPRESSION",
    "an own global",
    { globals: [global, { ...global, initial: codeOf([Op.globalGet, 0]) }] },
  ],
  ["TYPE_MISMATCH", "a constant of another type", { globals: [{ ...global, type: i64Type }] }],
  [
    "EXPORT_DUPLICATE",
    "one name",
    { exports: [...minimalProcess().exports, ...minimalProcess().exports] },
  ],
  ["RANGE_INVALID", "maximum below minimum", { memories: [{ minimum: 2, maximum: 1, offset: 0 }] }],
  ["RANGE_INVALID", "over 4 GiB", { memories: [{ minimum: 65_537, maximum: null, offset: 0 }] }],
  ["START_TYPE", "with a parameter", { start: { functionIndex: 1, offset: 0 } }],
  ["FLOAT_FORBIDDEN", "instruction", withBody([Op.f64Const], [Op.drop])],
  [
    "FLOAT_FORBIDDEN",
    "type",
    { types: [...minimalProcess().types, { parameters: [f64Type], results: [], offset: 0 }] },
  ],
  [
    "FLOAT_FORBIDDEN",
    "local",
    { functions: [functionOf(0, [], [f64Type]), ...minimalProcess().functions.slice(1)] },
  ],
  [
    "FLOAT_FORBIDDEN",
    "block type",
    withBody([Op.unreachable], [Op.block, -4], [Op.unreachable], [Op.end], [Op.drop]),
  ],
  [
    "FLOAT_FORBIDDEN",
    "saturating conversion",
    withBody([Op.unreachable], [Op.i32TruncSatF64S], [Op.drop]),
  ],
  [
    "MULTI_VALUE_FORBIDDEN",
    "two results",
    {
      types: [
        ...minimalProcess().types,
        { parameters: [], results: [i32Type, i32Type], offset: 0 },
      ],
    },
  ],
  ["MULTI_VALUE_FORBIDDEN", "block with a type index", withBody([Op.block, 0], [Op.end])],
  [
    "FEATURE_UNSUPPORTED",
    "two memories",
    { memories: [...minimalProcess().memories, ...minimalProcess().memories] },
  ],
  ["FEATURE_UNSUPPORTED", "two tables", { tables: [table, table] }],
  [
    "FEATURE_UNSUPPORTED",
    "passive data",
    { data: [{ flags: 1, memory: 0, start: null, bytes: new Uint8Array(1), offset: 0 }] },
  ],
  [
    "FEATURE_UNSUPPORTED",
    "passive elements",
    { tables: [table], elements: [{ ...element, flags: 1, start: null }] },
  ],
  [
    "FEATURE_UNSUPPORTED",
    "typed select",
    withBody([Op.i32Const], [Op.i32Const], [Op.i32Const], [Op.selectTyped, [i32Type]], [Op.drop]),
  ],
  [
    "FEATURE_UNSUPPORTED",
    "table.get",
    { ...withBody([Op.i32Const], [Op.tableGet], [Op.drop]), tables: [table] },
  ],
  ["FEATURE_UNSUPPORTED", "ref.null", withBody([Op.refNull, 0x70], [Op.drop])],
  [
    "FEATURE_UNSUPPORTED",
    "memory.init",
    { ...withBody([Op.i32Const], [Op.i32Const], [Op.i32Const], [Op.memoryInit]), dataCount: 0 },
  ],
];

test("refuses each invalid module with its code", () => {
  for (const [code, what, changes] of invalid) {
    expect(refusal(encodeModule(minimalProcess(changes)), integerLanguage), what).toBe(code);
  }
  expect(refusal(encodeModule(minimalProcess()), integerLanguage)).toBe("accepted");
});

test("says function, byte offset, what it expected and what came", () => {
  const bytes = encodeModule(minimalProcess(withBody([Op.nop], [Op.i64Const], [Op.i32Eqz])));
  const code = decodeModule(bytes).functions[0]!.code;
  expect(() => validateModule(decodeModule(bytes), integerLanguage)).toThrowError(
    `TYPE_MISMATCH: offset ${code.offsets[2]}, item i32.eqz, function 0, expected i32, got i64`,
  );
});

test("accepts dead code of any type, as the standard does", () => {
  const dead = withBody(
    [Op.unreachable],
    [Op.i32Add],
    [Op.drop],
    [Op.select],
    [Op.i64Eqz],
    [Op.drop],
  );
  expect(refusal(encodeModule(minimalProcess(dead)), integerLanguage)).toBe("accepted");
});

test("lists float instructions with their function and place", () => {
  const bytes = encodeModule(
    minimalProcess(withBody([Op.nop], [Op.f32Const], [Op.f32Neg], [Op.drop])),
  );
  const { offsets } = decodeModule(bytes).functions[0]!.code;
  expect(floatInstructions(decodeModule(bytes))).toEqual([
    { function: 0, offset: offsets[1], name: "f32.const" },
    { function: 0, offset: offsets[2], name: "f32.neg" },
  ]);
});

const folder = vectorsFolder("wasm-spec");

interface SpecCommand {
  readonly type: string;
  readonly filename?: string;
}

function binariesOf(name: string, types: readonly string[]): readonly Uint8Array[] {
  const script = readFileSync(join(folder!, name, `${name}.json`), "utf8");
  const { commands } = JSON.parse(script) as { commands: readonly SpecCommand[] };
  return commands.flatMap(({ type, filename }) =>
    types.includes(type) && filename?.endsWith(".wasm")
      ? [new Uint8Array(readFileSync(join(folder!, name, filename)))]
      : [],
  );
}

if (folder === null) {
  test("wasm-spec vectors absent, passed over: valid and invalid modules of the standard", () => {
    expect(folder).toBeNull();
  });
} else {
  const names = readdirSync(folder).filter((name) => name !== "LICENSE");

  test("refuses every invalid module of the standard", () => {
    let count = 0;
    for (const name of names) {
      for (const bytes of binariesOf(name, ["assert_invalid", "assert_malformed"])) {
        expect(refusal(bytes, wholeLanguage), name).not.toBe("accepted");
        count++;
      }
    }
    expect(count).toBe(2181);
  });

  test("accepts the standard's modules but for what the language leaves out", () => {
    const outcomes = new Map<string, number>();
    for (const name of names) {
      for (const bytes of binariesOf(name, ["module"])) {
        const outcome = refusal(bytes, wholeLanguage);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    expect([...outcomes.keys()].sort()).toEqual(["FEATURE_UNSUPPORTED", "accepted"]);
    expect(outcomes.get("accepted")).toBeGreaterThan(900);
  });
}
