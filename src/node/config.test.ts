import { expect, expectTypeOf, test } from "vitest";
import { type ConfigSources, readConfig } from "./config.ts";
import { ConfigError } from "./config-declaration.ts";

const declaration = {
  command: "nymcompute dev",
  summary: "All three units on this machine.",
  options: [
    { name: "port", kind: "number", default: 8701, min: 1, max: 65_533, help: "First port." },
    { name: "data", kind: "string", default: ".nymcompute", help: "Where.", placeholder: "DIR" },
    {
      name: "http",
      kind: "string",
      default: "auto",
      choices: ["auto", "uws", "node"],
      help: "How.",
    },
    { name: "scheduler", kind: "list", default: [], help: "Schedulers.", placeholder: "URL" },
    { name: "cache-size", kind: "bytes", default: 1024, help: "Cache." },
    { name: "json", kind: "boolean", default: false, help: "One JSON document." },
    { name: "colour", kind: "boolean", default: true, help: "Colours.", env: null },
    { name: "out", kind: "string", short: "o", help: "Result.", env: "OUT_FILE" },
  ],
} as const;

function sources(
  parts: Partial<Omit<ConfigSources, "file">> & { file?: unknown } = {},
): ConfigSources {
  const { file, ...rest } = parts;
  const path = "nymcompute.config.json";
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return { argv: [], env: {}, ...rest, file: file === undefined ? null : { path, text } };
}

function run(parts: Parameters<typeof sources>[0] = {}) {
  const result = readConfig(declaration, sources(parts));
  if (result.kind !== "run") throw new Error("help");
  return result;
}

function failure(parts: Parameters<typeof sources>[0]): ConfigError {
  try {
    run(parts);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("no failure");
}

test("gives defaults, typed by the declaration", () => {
  const { values, sources: from } = run();
  expect(values).toEqual({
    port: 8701,
    data: ".nymcompute",
    http: "auto",
    scheduler: [],
    "cache-size": 1024,
    json: false,
    colour: true,
    out: undefined,
  });
  expect(new Set(Object.values(from))).toEqual(new Set(["default"]));
  expectTypeOf(values.port).toEqualTypeOf<number>();
  expectTypeOf(values.scheduler).toEqualTypeOf<readonly string[]>();
  expectTypeOf(values.out).toEqualTypeOf<string | undefined>();
});

test("a flag wins over a variable, a variable over the file, the file over the default", () => {
  const file = { port: 1, data: "file", http: "node", scheduler: ["http://f"] };
  const env = {
    NYMCOMPUTE_PORT: "2",
    NYMCOMPUTE_DATA: "env",
    NYMCOMPUTE_SCHEDULER: "http://a, http://b",
  };
  const { values, sources: from } = run({ argv: ["--port", "3"], env, file });
  expect(values).toMatchObject({ port: 3, data: "env", http: "node", json: false });
  expect(values.scheduler).toEqual(["http://a", "http://b"]);
  expect(from).toMatchObject({ port: "flag", data: "environment", http: "file", json: "default" });
});

test("reads every kind from flags", () => {
  const argv = ["--port=9", "--cache-size", "16MiB", "--json", "--no-colour", "-o", "f"];
  const { values } = run({ argv: [...argv, "--scheduler", "a", "--scheduler", "b,c"] });
  expect(values).toMatchObject({
    port: 9,
    "cache-size": 16 * 1024 ** 2,
    json: true,
    colour: false,
  });
  expect(values).toMatchObject({ out: "f", scheduler: ["a", "b,c"] });
});

test("reads every kind from variables and from the file", () => {
  const env = { NYMCOMPUTE_JSON: "true", NYMCOMPUTE_CACHE_SIZE: "1GiB", OUT_FILE: "o" };
  expect(run({ env }).values).toMatchObject({ json: true, "cache-size": 1024 ** 3, out: "o" });
  const file = { json: true, "cache-size": "2KiB", out: "o", colour: false };
  expect(run({ file }).values).toMatchObject({ json: true, "cache-size": 2048, colour: false });
  expect(run({ file: { "cache-size": 7 } }).values["cache-size"]).toBe(7);
});

test("takes no variable for an option that has none, and none that is empty", () => {
  const { values } = run({ env: { NYMCOMPUTE_COLOUR: "0", NYMCOMPUTE_PORT: "" } });
  expect(values).toMatchObject({ colour: true, port: 8701 });
});

test.each([
  [{ argv: ["--prot", "1"] }, "OPTION_UNKNOWN", "--prot"],
  [{ argv: ["--port"] }, "OPTION_INVALID", "--port"],
  [{ argv: ["--port", "x"] }, "OPTION_INVALID", "x"],
  [{ argv: ["--port", "1.5"] }, "OPTION_INVALID", "1.5"],
  [{ argv: ["--port", "0"] }, "OPTION_INVALID", "0"],
  [{ argv: ["--port", "1", "--port", "2"] }, "OPTION_INVALID", "several"],
  [{ argv: ["--json", "--no-json"] }, "OPTION_INVALID", "several"],
  [{ argv: ["--json=yes"] }, "OPTION_INVALID", "--json"],
  [{ argv: ["--http", "quic"] }, "OPTION_INVALID", "quic"],
  [{ argv: ["--cache-size", "5MB"] }, "OPTION_INVALID", "5MB"],
  [{ argv: ["--cache-size", "999999999999999GiB"] }, "OPTION_INVALID", "999999999999999GiB"],
  [{ argv: ["stray"] }, "ARGUMENT_UNEXPECTED", "stray"],
  [{ env: { NYMCOMPUTE_JSON: "yes" } }, "OPTION_INVALID", "yes"],
  [{ file: { port: "8701" } }, "OPTION_INVALID", '"8701"'],
  [{ file: { scheduler: "http://a" } }, "OPTION_INVALID", '"http://a"'],
  [{ file: { json: 1 } }, "OPTION_INVALID", "1"],
  [{ file: { prot: 1 } }, "OPTION_UNKNOWN", "prot"],
  [{ file: [] }, "CONFIG_FILE_INVALID", "another value"],
  [{ file: "{" }, "CONFIG_FILE_INVALID", ""],
])("refuses %j with %s in one line that says what to do", (parts, code, got) => {
  const error = failure(parts);
  expect(error.code).toBe(code);
  expect(String(error.fields["got"])).toContain(got);
  expect(error.fields["expected"]).toBeTruthy();
  expect(error.fields["next"]).toMatch(/^(mend |nymcompute dev --help)/);
  expect(error.message).not.toContain("\n");
});

test("knows the names that other commands take from the same file", () => {
  const file = { port: 5, witness: "http://w" };
  expect(run({ file, otherNames: ["witness"] }).values.port).toBe(5);
});

test("demands what is required, and says so", () => {
  const strict = {
    command: "nymcompute witness",
    summary: "A witness.",
    options: [{ name: "listen", kind: "string", required: true, help: "Where." }],
  } as const;
  expect(() => readConfig(strict, sources())).toThrow(/^OPTION_MISSING: expected --listen/);
  const result = readConfig(strict, sources({ argv: ["--listen", "a:1"] }));
  if (result.kind === "run") expectTypeOf(result.values.listen).toEqualTypeOf<string>();
  expect(result).toMatchObject({ kind: "run", values: { listen: "a:1" } });
});

test("hands on arguments: required, optional and repeated ones", () => {
  const send = {
    command: "nymcompute send",
    summary: "Sends.",
    options: [],
    arguments: [
      { name: "PROCESS", help: "To whom." },
      { name: "MESSAGE", help: "What.", isOptional: true, isRepeated: true },
    ],
  } as const;
  const given = (...argv: string[]) => readConfig(send, sources({ argv }));
  expect(given("p", "a", "b")).toMatchObject({ arguments: ["p", "a", "b"] });
  expect(given("p", "--", "--json")).toMatchObject({ arguments: ["p", "--json"] });
  expect(() => given()).toThrow(/^ARGUMENT_MISSING: expected PROCESS/);
});

test("help names every option, its default, choices and variable", () => {
  const result = readConfig(declaration, sources({ argv: ["--port", "1", "-h"] }));
  expect(result).toEqual({
    kind: "help",
    text: [
      "All three units on this machine.",
      "",
      "Usage: nymcompute dev [options]",
      "",
      "Options:",
      "  --port N           First port. (default 8701; NYMCOMPUTE_PORT)",
      "  --data DIR         Where. (default .nymcompute; NYMCOMPUTE_DATA)",
      "  --http TEXT        How. (one of auto, uws, node; default auto; NYMCOMPUTE_HTTP)",
      "  --scheduler URL    Schedulers. (repeats; NYMCOMPUTE_SCHEDULER)",
      "  --cache-size SIZE  Cache. (default 1024; NYMCOMPUTE_CACHE_SIZE)",
      "  --json             One JSON document. (NYMCOMPUTE_JSON)",
      "  --no-colour        Colours.",
      "  -o, --out TEXT     Result. (OUT_FILE)",
      "  -h, --help         show this text",
      "",
    ].join("\n"),
  });
});
