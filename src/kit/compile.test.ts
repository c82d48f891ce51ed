import { expect, test } from "vitest";
import { type CompileResult, compileProcess } from "./compile.ts";
import { formatDiagnostic } from "./compile-diagnostics.ts";
import { createLocator, locate } from "./compile-locate.ts";

const entry = "assembly/index.ts";

/** Compiles files that are on no disk. */
function compile(
  files: Readonly<Record<string, string>>,
  folder = "/nowhere",
): Promise<CompileResult> {
  const readSource = (path: string): string | null => files[path] ?? null;
  return compileProcess({ folder, entry, readSource });
}

/** What the build says, without the frames. */
async function findings(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const result = await compile(files);
  return result.diagnostics.map(({ severity, code, file, line, column }) => {
    return `${severity} ${code} ${file}:${line}:${column}`;
  });
}

const process = `import { Message, output } from "nymcompute/sdk";
import { half } from "./parts/half";

export function receive(message: Message): void {
  output(half(message.slot).toString());
}
`;
const half = `export function half(value: u64): u64 {
  const divisor = value > 5 ? 0 : 2;
  return value / divisor;
}
`;
const project = { [entry]: process, "assembly/parts/half.ts": half };

test("gives the same module wherever the project lies, and no trace of the source map", async () => {
  const here = await compile(project, "/nowhere");
  const there = await compile(project, "/another/place");
  if (!here.ok || !there.ok) throw new Error("the project compiles");
  expect(there.wasm).toEqual(here.wasm);
  expect(there.sourceMap).toBe(here.sourceMap);
  const module = new WebAssembly.Module(new Uint8Array(here.wasm));
  expect(WebAssembly.Module.customSections(module, "sourceMappingURL")).toEqual([]);
  expect(here.diagnostics).toEqual([]);
});

test("finds the source line of an instruction in the developer's own file", async () => {
  const result = await compile(project);
  if (!result.ok) throw new Error("the project compiles");
  const at = createLocator(result.sourceMap);
  const places = Array.from(result.wasm, (_, offset) => at(offset));
  const lines = places.flatMap((place) =>
    place?.file === "assembly/parts/half.ts" ? [place.line] : [],
  );
  expect(new Set(lines)).toContain(3);
  const offset = places.findIndex((place) => place?.file === entry && place.line === 5);
  expect(offset).toBeGreaterThan(0);
  expect(locate(result.sourceMap, offset)).toEqual(places[offset]);
  expect(locate(result.sourceMap, 0)).toBeNull();
});

test("says that the entry is missing", async () => {
  expect(await findings({})).toEqual([`error ENTRY_NOT_FOUND ${entry}:1:1`]);
});

test("shows the developer's line for a type error, with the place underlined", async () => {
  const source = process.replace("half(message.slot)", 'half("seven")');
  const result = await compile({ ...project, [entry]: source });
  expect(result.diagnostics.map(formatDiagnostic)).toEqual([
    [
      "assembly/index.ts:5:15 error AS2322: Type '~lib/string/String' is not assignable to type 'u64'.",
      '5 |   output(half("seven").toString());',
      "  |               ^^^^^^^",
    ].join("\n"),
  ]);
});

test("shows the developer's line for an import that is not there", async () => {
  const source = process.replace("./parts/half", "./parts/third");
  expect((await findings({ [entry]: source }))[0]).toMatch(/^error AS6054 assembly\//);
});

test("says what receive must look like, where it is written otherwise or not at all", async () => {
  const shapes: readonly (readonly [string, string])[] = [
    ["export function receive(): void {}", `${entry}:1:17`],
    ["export function receive(message: string): void {}", `${entry}:1:17`],
    ["\nfunction receive(): void {}", `${entry}:2:10`],
    ["export let count: u64 = 0;", `${entry}:1:1`],
  ];
  for (const [source, place] of shapes) {
    expect(await findings({ [entry]: source }), source).toContain(`error ENTRY_SHAPE ${place}`);
  }
});

test("calls start if there is one, and refuses it in another shape", async () => {
  const withStart = `${process}\nexport function start(spawn: Message): void {\n  output("born");\n}\n`;
  expect((await compile({ ...project, [entry]: withStart })).ok).toBe(true);
  const wrong = withStart.replace("start(spawn: Message)", "start(spawn: i32)");
  const found = await findings({ ...project, [entry]: wrong });
  expect(found).toContain(`error ENTRY_SHAPE ${entry}:8:17`);
});

test("refuses floats at every line that computes with them, and says what to write", async () => {
  const source = `export function half(value: u64): u64 {
  const share: number = 0.25;
  return u64(f64(value) * share);
}
`;
  const result = await compile({ ...project, "assembly/parts/half.ts": source });
  expect(result.ok).toBe(false);
  const at = (code: string): number[] =>
    result.diagnostics.filter((each) => each.code === code).map(({ line }) => line);
  expect(at("FLOAT_FORBIDDEN")).toContain(3);
  expect(at("LINT_FLOAT_TYPE")).toEqual([2, 3]);
  expect(at("LINT_FLOAT_LITERAL")).toEqual([2]);
  const lint = result.diagnostics.find(({ code }) => code === "LINT_FLOAT_TYPE");
  expect(lint?.message).toContain("`number`");
  expect(lint?.message).toContain("U128");
});

test.each([
  ["Date.now()", "LINT_CLOCK"],
  ["u64(Math.random() * 5.0)", "LINT_RANDOM"],
  ['u64(parseInt("5"))', "LINT_PARSE_NUMBER"],
])("refuses %s, which a process cannot have", async (expression, code) => {
  const source = half.replace("value / divisor", expression);
  const result = await compile({ ...project, "assembly/parts/half.ts": source });
  expect(result.ok).toBe(false);
  const lint = result.diagnostics.find((each) => each.code === code);
  expect(lint).toMatchObject({ severity: "error", file: "assembly/parts/half.ts", line: 3 });
});

test("only warns of a word that did no harm", async () => {
  const source = half.replace("const divisor", "const unused: number = 1;\n  const divisor");
  const result = await compile({ ...project, "assembly/parts/half.ts": source });
  expect(result.ok).toBe(true);
  expect(result.diagnostics.map(({ severity, code }) => [severity, code])).toEqual([
    ["warning", "LINT_FLOAT_TYPE"],
  ]);
});

test("keeps assertions: an optimised process still aborts", async () => {
  const source = `import { guard, Message } from "nymcompute/sdk";
export function receive(message: Message): void {
  guard(message.slot > 1_000, "too early");
}
`;
  const guarded = await compile({ [entry]: source });
  const open = await compile({ [entry]: source.replace(/ {2}guard.*\n/, "") });
  if (!guarded.ok || !open.ok) throw new Error("the project compiles");
  const text = Buffer.from("too early", "utf16le");
  expect(Buffer.from(guarded.wasm).includes(text)).toBe(true);
  expect(Buffer.from(open.wasm).includes(text)).toBe(false);
});
