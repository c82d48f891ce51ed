import { expect, test } from "vitest";
import { CliError } from "./cli-error.ts";
import { defineCommand, type Outcome } from "./command.ts";
import type { Terminal } from "./terminal.ts";

interface Said {
  out: string;
  err: string;
  code: number;
}

async function run(
  argv: readonly string[],
  outcome: () => Promise<Outcome>,
  env: Record<string, string> = {},
): Promise<Said> {
  const said = { out: "", err: "", code: -1 };
  const terminal: Terminal = {
    env,
    folder: "/nowhere",
    write: (text) => {
      said.out += text;
    },
    note: (line) => {
      said.err += `${line}\n`;
    },
    progress: () => undefined,
  };
  const command = defineCommand({
    command: "nymcompute try",
    summary: "Tries.",
    options: [{ name: "data", kind: "string", help: "What." }],
    run: ({ terminal: given }) => {
      given.note("working");
      return outcome();
    },
  });
  said.code = await command.run(argv, terminal);
  return said;
}

const good = async (): Promise<Outcome> => ({ json: { a: 1 }, text: "one\n" });
const refused = async (): Promise<Outcome> => {
  throw new CliError("FILE_MISSING", { path: "x" }, "make it");
};
const answeredNo = async (): Promise<Outcome> => ({
  json: { ok: false },
  text: "no",
  failure: new CliError("TESTS_FAILED", { failed: 1 }),
});

test("people read text, programs one document", async () => {
  expect(await run([], good)).toEqual({ out: "one\n", err: "working\n", code: 0 });
  expect(await run(["--json"], good)).toEqual({ out: '{"a":1}\n', err: "working\n", code: 0 });
});

test("a failure is one line on stderr, and the document of --json", async () => {
  const line = "nymcompute try: FILE_MISSING: path x; next: make it\n";
  expect(await run([], refused)).toEqual({ out: "", err: `working\n${line}`, code: 1 });
  const { out, code } = await run(["--json"], refused);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    error: {
      code: "FILE_MISSING",
      message: "FILE_MISSING: path x",
      fields: { path: "x" },
      next: "make it",
    },
  });
});

test("an answer that is no keeps its document", async () => {
  const { out, err, code } = await run(["--json"], answeredNo);
  expect({ out, code }).toEqual({ out: '{"ok":false}\n', code: 1 });
  expect(err).toContain("TESTS_FAILED");
});

test("wrong use is code 2, also as a document where the wish stands in a variable", async () => {
  expect(await run(["--nonsense"], good)).toMatchObject({ out: "", code: 2 });
  const { out, code } = await run(["--nonsense"], good, { NYMCOMPUTE_JSON: "1" });
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ error: { code: "OPTION_UNKNOWN" } });
});

test("help is text and code 0", async () => {
  const { out, code } = await run(["--help"], good);
  expect(code).toBe(0);
  expect(out).toContain("Usage: nymcompute try [options]");
  expect(out).toContain("--json");
});

test("our own mistakes are thrown", async () => {
  const mistake = run([], async () => {
    throw new TypeError("a mistake");
  });
  await expect(mistake).rejects.toThrow(TypeError);
});
