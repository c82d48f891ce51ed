/**
 * The SDK's reader and writer against the protocol's codec, and its texts against the platform's.
 *
 * @module
 */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { fromBase64url, toBase64url, toHex, utf8Text } from "../../src/base/bytes.ts";
import { type Canonical, encodeCanonical } from "../../src/protocol/codec.ts";
import { decodeCanonical } from "../../src/protocol/decode.ts";
import { compileFolder, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
let probe: RawProcess;
beforeAll(async () => {
  module = await compileFolder("./probe", import.meta.url);
  probe = RawProcess.spawn(module);
});

const uint = fc.oneof(
  fc.nat({ max: 300 }),
  fc.constantFrom(127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
);
const text = fc.string({ unit: "grapheme", maxLength: 400 });
const bytes = fc.uint8Array({ maxLength: 700 });
const leaf = fc.oneof(
  fc.tuple(fc.constant("uint"), uint, uint),
  fc.tuple(fc.constant("text"), text, text),
  fc.tuple(fc.constant("bytes"), bytes),
  fc.tuple(fc.constant("address"), fc.uint8Array({ minLength: 32, maxLength: 32 })),
  fc.tuple(fc.constant("bool"), fc.boolean()),
  fc.tuple(fc.constant("nil"), fc.constant(null)),
);
const tree = fc
  .array(fc.array(leaf, { maxLength: 20 }).map((each) => ["list", ...each]))
  .map((each): Canonical => ["list", ...each] as Canonical);

function accepts(data: Uint8Array): boolean {
  return probe.deliver({ tags: { Action: "IsCanonical" }, data }).text === "yes";
}

function isCanonical(data: Uint8Array): boolean {
  try {
    decodeCanonical(data);
    return true;
  } catch {
    return false;
  }
}

test("property: what the SDK reads and writes again is the same bytes", () => {
  fc.assert(
    fc.property(tree, (value) => {
      const data = encodeCanonical(value);
      expect(probe.deliver({ tags: { Action: "Copy" }, data }).output).toEqual(data);
    }),
    { numRuns: 200 },
  );
});

test("property: the SDK accepts the bytes that the protocol's codec accepts, and no others", () => {
  const changed = fc
    .tuple(tree, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }))
    .map(([value, changes]) => {
      const data = encodeCanonical(value);
      for (const [at, byte] of changes) data[at % data.length] = byte;
      return data;
    });
  const short = fc.uint8Array({ maxLength: 6 });
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(changed, short), (data) => {
      const expected = isCanonical(data);
      accepted += expected ? 1 : 0;
      expect(accepts(data), toHex(data)).toBe(expected);
    }),
    { numRuns: 1000 },
  );
  expect(accepted).toBeGreaterThan(20);
});

test.each([
  ["nested to the allowed depth", `${"91".repeat(7)}c0`, true],
  ["nested one deeper", `${"91".repeat(8)}c0`, false],
  ["an integer in one byte too many", "cc7f", false],
  ["a float", "ca00000000", false],
  ["a negative integer", "ff", false],
  ["a map", "80", false],
  ["a surrogate in UTF-8", "a3eda080", false],
  ["an overlong UTF-8 sequence", "a2c0af", false],
  ["a character above U+10FFFF", "a4f4908080", false],
  ["an array longer than the bytes", "dcffff", false],
  ["a byte string longer than the bytes", "c6ffffffff00", false],
  ["nothing", "", false],
  ["a byte after the value", "c0c0", false],
])("judges %s as the protocol does", (_name, hex, expected) => {
  const data = Uint8Array.from(Buffer.from(hex, "hex"));
  expect(accepts(data)).toBe(expected);
  expect(isCanonical(data)).toBe(expected);
});

test("a reader aborts on bytes that are not canonical and on a value of another kind", () => {
  const broken = RawProcess.spawn(module);
  const copy = (data: Uint8Array) => () => broken.deliver({ tags: { Action: "Copy" }, data });
  expect(copy(Uint8Array.of(0xcc, 5))).toThrow("unreachable");
  expect(broken.abortRecord().message).toBe("the bytes are not canonical");
  expect(copy(encodeCanonical(["uint", "text"]))).toThrow("unreachable");
  expect(broken.abortRecord().message).toBe("an unsigned integer was expected");
});

function jsonOf(value: string | null): string {
  return value === null ? "none" : JSON.stringify(value);
}

test("property: hexadecimal, base64url and UTF-8 agree with the platform's", () => {
  const utf8 = text.map((each) => new TextEncoder().encode(each));
  fc.assert(
    fc.property(fc.oneof(bytes, utf8, fc.constant(idOf(5))), (data) => {
      const lines = probe.deliver({ tags: { Action: "Text" }, data }).text.split("\n");
      expect(lines.slice(0, 2)).toEqual([toHex(data), toBase64url(data)]);
      const found = lines[2] === "none" ? null : (JSON.parse(lines[2] ?? "") as string);
      expect(jsonOf(found)).toBe(jsonOf(utf8Text(data)));
    }),
    { numRuns: 300 },
  );
});

test("property: text is an address or base64url exactly where the protocol says so", () => {
  const spelled = fc.uint8Array({ minLength: 31, maxLength: 33 }).map(toBase64url);
  const changed = fc
    .tuple(spelled, fc.nat({ max: 42 }), fc.constantFrom("A", "B", "=", "+", "é", "_", "-", "🙂"))
    .map(([base, at, character]) => base.slice(0, at) + character + base.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(spelled, changed, text), (candidate) => {
      const tags = { Action: "Text", Candidate: candidate };
      const lines = probe.deliver({ tags, data: new Uint8Array(0) }).text.split("\n");
      const decoded = fromBase64url(candidate);
      expect(lines[5]).toBe(decoded === null ? "none" : toHex(decoded));
      expect(lines[3]).toBe(decoded?.length === 32 ? candidate : "none");
    }),
    { numRuns: 300 },
  );
});

test("a guard that fails names the developer's file and line, and the text", () => {
  const guarded = RawProcess.spawn(module);
  guarded.deliver({ tags: { Action: "Guard" }, data: "long enough" });
  expect(() => guarded.deliver({ tags: { Action: "Guard" }, data: "ab" })).toThrow("unreachable");
  const { message, file, line } = guarded.abortRecord();
  expect({ message, file }).toEqual({
    message: "the data is too short",
    file: "assembly/index.ts",
  });
  expect(line).toBeGreaterThan(40);
});
