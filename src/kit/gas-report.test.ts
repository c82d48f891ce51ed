import { beforeAll, expect, test } from "vitest";
import { profileRun } from "../runtime/gas-profile.ts";
import { inboxBytes } from "../testing/process-slots.ts";
import { genesisImage } from "../wasm/validate/genesis-image.ts";
import { validateProcess } from "../wasm/validate/validate-process.ts";
import { type CompileResult, compileProcess } from "./compile.ts";
import { gasReport } from "./gas-report.ts";

const sources: Readonly<Record<string, string>> = {
  "assembly/index.ts": `import { Message, output } from "nymcompute/sdk";
import { mix } from "./mix";
let total: u64 = 0;
export function start(message: Message): void {
  for (let i: u32 = 0; i < 500; i++) {
    total = mix(total, i);
  }
}
export function receive(message: Message): void {
  total += 1;
  output(total.toString());
}
`,
  "assembly/mix.ts": `// @ts-ignore: decorator
@inline
export function mix(a: u64, b: u64): u64 {
  return (a * 6364136223846793005) ^ (b << 7) ^ (a >> 3);
}
`,
};

let built: Extract<CompileResult, { ok: true }>;

beforeAll(async () => {
  const readSource = (path: string): string | null => sources[path] ?? null;
  const result = await compileProcess({ entry: "assembly/index.ts", readSource });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  built = result;
});

function reported(knows: boolean) {
  const validated = validateProcess(built.wasm);
  const profile = profileRun(validated, genesisImage(validated), {
    inbox: inboxBytes(0, 1, {}),
    gasLimit: 1_000_000,
    first: true,
    memoryPagesMax: 16,
  });
  const nothing = { sourceMap: null, debug: null };
  return { profile, report: gasReport(profile, validated, knows ? built : nothing) };
}

const gasOf = (numbers: readonly { readonly gas: number }[]): number =>
  numbers.reduce((sum, { gas }) => sum + gas, 0);

test("a loop's gas stands at the loop's lines, inlined code's at its own, and all lines add up", () => {
  const { profile, report } = reported(true);
  expect(gasOf(report.lines)).toBe(profile.spent);
  const [hottest] = report.lines;
  // Two shifts, a product, two exclusive ors, 500 times.
  expect(hottest).toMatchObject({ file: "assembly/mix.ts", line: 4 });
  expect(hottest?.gas).toBeGreaterThanOrEqual(2500);
  const loop = report.lines.find(({ file, line }) => file === "assembly/index.ts" && line === 5);
  expect(loop?.gas).toBeGreaterThanOrEqual(1000);
  expect(report.stack).toEqual([]);
});

test("functions bear their names, and stacks are folded with gas that adds up", () => {
  const { profile, report } = reported(true);
  const names = report.functions.map(({ name }) => name);
  expect(names).toContain("handle");
  expect(names.some((name) => name.startsWith("function-"))).toBe(false);
  const gas = report.folded.map((line) => Number(/^[^\s]+ (\d+)$/.exec(line)?.[1]));
  expect(gas.reduce((sum, each) => sum + each, 0)).toBe(profile.spent);
  expect(report.folded.some((line) => line.startsWith("handle;"))).toBe(true);
});

test("a module that was built elsewhere loses its words and no gas", () => {
  const { profile, report } = reported(false);
  expect(report.lines).toEqual([{ file: null, line: null, gas: profile.spent }]);
  const names = report.functions.map(({ name }) => name);
  expect(names).toContain("handle");
  expect(names.some((name) => name.startsWith("function-"))).toBe(true);
});
