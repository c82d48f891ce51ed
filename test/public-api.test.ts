/**
 * What the package exports is a promise: exactly these names, for a program that depends on it by name,
 * with types that such a program compiles against.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, run } from "./dev-network.ts";

interface Promised {
  readonly entry: string;
  readonly source: string;
  readonly values: readonly string[];
  readonly types: readonly string[];
}

const promised: readonly Promised[] = [
  {
    entry: "nymcompute",
    source: "src/client/index.ts",
    values: [
      ...["CodedError", "UnitCallError", "composeBundle", "composeMessage", "connect"],
      ...["createIdentity", "evaluationView", "idText", "identityFromSeed", "parseId"],
      ...["systemClock", "systemRandom", "verifyAttestations"],
    ],
    types: [
      ...["Acceptance", "AttestedResult", "AttestedVerdict", "Check", "CheckStatus", "Clock"],
      ...[
        "ComposeContext",
        "ComposedMessage",
        "ReceiptExpectation",
        "ReceiptLevel",
        "ReceiptVerdict",
      ],
      ...["ComputeClient", "ConnectOptions", "Connection", "Digest", "Evaluation", "Identity"],
      ...["MessageDraft", "MessageEvent", "MessageStatus", "MessageView", "MessengerClient"],
      ...["RandomSource", "Result", "ResultView", "SchedulerClient", "SendOptions", "Sent"],
      ...["MessagePage", "ProcessHistory", "ProcessPage", "ProofQueue", "ResultState"],
      ...["Tag", "UnitInfo"],
    ],
  },
  {
    entry: "nymcompute/verify",
    source: "src/client/verify.ts",
    values: ["judgeEvidence", "receiptLevels", "verifyProof", "verifyResult"],
    types: [
      ...["Check", "CheckStatus", "EvidenceVerdict", "ProofVerdict", "ProvenResult"],
      "ReceiptExpectation",
      ...["ReceiptLevel", "ReceiptVerdict"],
    ],
  },
  {
    entry: "nymcompute/kit",
    source: "src/kit/index.ts",
    values: [
      ...["EvaluationFailed", "NetworkError", "ProgramError", "createNetwork"],
      ...["isEvaluationFailed", "simulatedClock"],
    ],
    types: [
      ...["Account", "HeldMessage", "Inspected", "KitEvaluation", "KitMessage", "KitProcess"],
      "KitSpawn",
      ...["LostMessage", "MessageOptions", "ModuleSource", "Network", "NetworkOptions"],
      ...["NetworkSnapshot", "Passage", "PassingMessage", "PersonalMessage", "Program", "Route"],
      ...["SimulatedClock", "StackFrame"],
    ],
  },
];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nymcompute-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules", "nymcompute"), "junction");
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.for(promised)("a dependent sees exactly the promised names of $entry", async (one) => {
  const script = `console.log(Object.keys(await import("${one.entry}")).join())`;
  const options = { cwd: folder, env: process.env };
  const said = await run(["--input-type=module", "-e", script], options);
  expect(said.trim().split(",").sort()).toEqual([...one.values].sort());
});

test.for(promised)("the types of $entry are exactly those promised", async ({ source, types }) => {
  const text = await readFile(join(root, source), "utf8");
  const exported: readonly string[] = [...text.matchAll(/export (type )?\{([^}]+)\}/g)].flatMap(
    ([, all, names]) =>
      (names ?? "")
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "" && (all !== undefined || name.startsWith("type ")))
        .map((name) => name.replace(/^type /, "")),
  );
  expect([...exported].sort()).toEqual([...types].sort());
});

test("a dependent compiles against every value and type, strictly", async () => {
  const lines = promised.flatMap(({ entry, values, types }, i) => [
    `import { ${values.join(", ")} } from "${entry}";`,
    // One name may come from two entries.
    `import type { ${types.map((name) => `${name} as ${name}${i}`).join(", ")} } from "${entry}";`,
    `export const values${i} = [${values.join(", ")}] as const;`,
    `export interface Types${i} { ${types.map((name) => `${name}: ${name}${i}`).join("; ")} }`,
  ]);
  const caller = `
    export async function ask(process: string): Promise<string | null> {
      const { messenger, computes, dryrun } = await connect({
        messenger: "http://127.0.0.1:1",
        scheduler: ["http://127.0.0.1:2"],
        compute: "http://127.0.0.1:3",
      });
      const known: number = (await messenger.units()).schedulers.length + computes.length;
      const { output } = await dryrun(process, { action: "Count", data: String(known) });
      return output;
    }
    // @ts-expect-error a dependent has types, and not just anything.
    export const wrong: number = idText("no bytes");`;
  const config = {
    compilerOptions: {
      ...{ strict: true, noEmit: true, module: "nodenext", target: "es2022", types: [] },
      ...{ exactOptionalPropertyTypes: true, lib: ["es2023", "dom", "dom.iterable"] },
    },
    files: ["dependent.ts"],
  };
  await writeFile(join(folder, "dependent.ts"), `${lines.join("\n")}\n${caller}\n`);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  expect(() => execFileSync(process.execPath, [compiler, "-p", folder])).not.toThrow();
});
