import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Build, type BuildPlace, cachedBuild, type MakeBuild } from "./build-cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nymcompute-cache-"));
  put("assembly/index.ts", 'import "./part";');
  put("assembly/part/index.ts", "part");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Reads as the compiler does: first a file, then a folder of the name; counts how often it is asked. */
function maker(): { readonly make: MakeBuild; readonly count: () => number } {
  let count = 0;
  const make: MakeBuild = async (readSource) => {
    count += 1;
    const part = readSource("assembly/part.ts") ?? readSource("assembly/part/index.ts");
    const text = `${readSource("assembly/index.ts")}${part}`;
    const debug = { functions: [text], globals: [], constants: [], classes: [] };
    return { wasm: new TextEncoder().encode(text), sourceMap: text, debug };
  };
  return { make, count: () => count };
}

function build(make: MakeBuild, more: Partial<BuildPlace> = {}): Promise<Build | null> {
  return cachedBuild({ folder, entry: "assembly/index.ts", kind: "module", ...more }, make);
}

function cacheFiles(): readonly string[] {
  return readdirSync(join(folder, ".nymcompute", "cache"));
}

test("what did not change is not built again, and is the same", async () => {
  const { make, count } = maker();
  const first = await build(make);
  const second = await build(make);
  expect(count()).toBe(1);
  expect(second).toEqual(first);
  expect(cacheFiles()).toHaveLength(1);
});

test("a change of any file that was read, or of one that was missing, builds again", async () => {
  const { make, count } = maker();
  await build(make);
  put("assembly/part/index.ts", "other");
  expect((await build(make))?.sourceMap).toBe('import "./part";other');
  // It stands before the folder of the same name.
  put("assembly/part.ts", "before");
  expect((await build(make))?.sourceMap).toBe('import "./part";before');
  rmSync(join(folder, "assembly/part.ts"));
  expect((await build(make))?.sourceMap).toBe('import "./part";other');
  expect(count()).toBe(4);
  put("README.md", "not read");
  await build(make);
  expect(count()).toBe(4);
});

test("each entry and kind has its own", async () => {
  const { make, count } = maker();
  put("assembly/second.ts", "");
  await build(make);
  await build(make, { kind: "explaining" });
  await build(make, { entry: "assembly/second.ts" });
  expect(count()).toBe(3);
  for (const more of [{}, { kind: "explaining" }, { entry: "assembly/second.ts" }] as const) {
    await build(make, more);
  }
  expect(count()).toBe(3);
  expect(cacheFiles()).toHaveLength(3);
});

test("what another toolchain made, or nobody can read, is made again", async () => {
  const { make, count } = maker();
  await build(make);
  const file = join(folder, ".nymcompute", "cache", cacheFiles()[0] ?? "");
  const kept = JSON.parse(readFileSync(file, "utf8")) as { toolchain: string };
  for (const text of [JSON.stringify({ ...kept, toolchain: "another" }), "{", ""]) {
    writeFileSync(file, text);
    await build(make);
  }
  expect(count()).toBe(4);
  await build(make);
  expect(count()).toBe(4);
});

test("a refusal is not kept", async () => {
  let count = 0;
  const refuse: MakeBuild = async () => {
    count += 1;
    return null;
  };
  expect(await build(refuse)).toBeNull();
  expect(await build(refuse)).toBeNull();
  expect(count).toBe(2);
  await expect(build(() => Promise.reject(new RangeError("no")))).rejects.toThrow("no");
  expect(cacheFiles()).toEqual([]);
});

test("of several who build the same at once, one does", async () => {
  const { make, count } = maker();
  const slow: MakeBuild = async (readSource) => {
    await new Promise((resolve) => setTimeout(resolve, 120));
    return make(readSource);
  };
  const built = await Promise.all([build(slow), build(slow), build(slow)]);
  expect(count()).toBe(1);
  expect(new Set(built.map((each) => each?.sourceMap)).size).toBe(1);
  expect(cacheFiles()).toHaveLength(1);
});

test("a lock that an ended program left is nobody's", async () => {
  const { make, count } = maker();
  await build(make);
  const [name = ""] = cacheFiles();
  put("assembly/part/index.ts", "other");
  // No process has this number: it is above the largest that systems give.
  writeFileSync(join(folder, ".nymcompute", "cache", `${name}.lock`), "99999999");
  await build(make);
  expect(count()).toBe(2);
  expect(cacheFiles()).toEqual([name]);
});

test("a project that nobody may write to is built all the same", async () => {
  const { make, count } = maker();
  // A file where the folder should be.
  put(".nymcompute", "");
  expect(await build(make)).not.toBeNull();
  expect(await build(make)).not.toBeNull();
  expect(count()).toBe(2);
});
