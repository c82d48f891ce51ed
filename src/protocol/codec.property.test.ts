import fc from "fast-check";
import { Unpackr } from "msgpackr";
import { expect, test } from "vitest";
import { type Canonical, encodeCanonical } from "./codec.ts";
import { decodeCanonical } from "./decode.ts";
import { ProtocolError } from "./errors.ts";
import { codecDepthMax } from "./limits.ts";

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.uint8Array({ maxLength: 300 }),
);
const { value } = fc.letrec<{ value: Canonical }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: codecDepthMax - 1 },
    leaf,
    fc.array(tie("value"), { maxLength: 20 }),
  ),
}));

/** The code with which bytes are refused, or null. Anything but a `ProtocolError` fails the test. */
function refusalOf(bytes: Uint8Array): string | null {
  try {
    decodeCanonical(bytes);
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

test("property: decode(encode(value)) is the same value", () => {
  fc.assert(
    fc.property(value, (original) => {
      expect(decodeCanonical(encodeCanonical(original))).toEqual(original);
    }),
  );
});

test("has room for every form of a length, with and without text beside it", () => {
  for (const length of [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
    const bytes = new Uint8Array(length).fill(7);
    const array = Array.from({ length }, () => null);
    const text = "\u20ac".repeat(length);
    for (const one of [
      bytes,
      array,
      text,
      [bytes, 2 ** 32],
      [text, bytes, array],
      [[bytes], text],
    ]) {
      expect(decodeCanonical(encodeCanonical(one))).toEqual(one);
    }
  }
});

test("property: bytes that decode are the one encoding of what they decode to", () => {
  const mutated = fc
    .tuple(value, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
    .map(([original, flips]) => {
      const bytes = encodeCanonical(original);
      for (const [at, byte] of flips) bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 40 })), (bytes) => {
      if (refusalOf(bytes) === null) expect(encodeCanonical(decodeCanonical(bytes))).toEqual(bytes);
    }),
    { numRuns: 5000 },
  );
});

test("property: a prefix of an encoding is never an encoding", () => {
  fc.assert(
    fc.property(value, fc.nat(), (original, cut) => {
      const bytes = encodeCanonical(original);
      expect(refusalOf(bytes.slice(0, cut % bytes.length))).toBe("CODEC_MALFORMED");
    }),
  );
});

test("property: msgpackr reads the same value from the same bytes", () => {
  const reader = new Unpackr({ useRecords: false, int64AsType: "auto" } as object);
  fc.assert(
    fc.property(value, (original) => {
      const read: unknown = reader.unpack(encodeCanonical(original));
      const plain = (item: unknown): unknown => {
        if (item instanceof Uint8Array) return new Uint8Array(item);
        // msgpackr's border between number and bigint is one above ours: 2^53 itself.
        if (item === 2 ** 53) return 2n ** 53n;
        // msgpackr gives 2^53 itself as a number, we as a bigint: the same integer.
        if (typeof item === "number") return BigInt(item);
        return Array.isArray(item) ? item.map(plain) : item;
      };
      expect(plain(read)).toEqual(plain(original));
    }),
  );
});

test("refuses a length bomb and a nesting bomb before it allocates or recurses", () => {
  expect(refusalOf(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))).toBe("CODEC_MALFORMED");
  expect(refusalOf(Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff))).toBe("CODEC_MALFORMED");
  expect(refusalOf(new Uint8Array(100_000).fill(0x91))).toBe("CODEC_MALFORMED");
});

test("refuses more values than any record has before it makes them", () => {
  const emptyBytes = new Array<Canonical>(1000).fill(new Uint8Array(0));
  const fits = new Array<Canonical>(130).fill(emptyBytes);
  expect(refusalOf(encodeCanonical(fits))).toBeNull();
  expect(refusalOf(encodeCanonical([...fits, emptyBytes, emptyBytes]))).toBe("CODEC_TOO_LARGE");
  const bomb = new Uint8Array(8 * 1024 * 1024).fill(0x90);
  bomb.set([0xdd, 0x00, 0x7f, 0xff, 0xfb]);
  expect(refusalOf(bomb)).toBe("CODEC_TOO_LARGE");
});

test("refuses what is longer than may be read, by its length alone", () => {
  expect(() => decodeCanonical(new Uint8Array(11), 10)).toThrow(/CODEC_TOO_LARGE/);
});

test("stops on values that have no canonical form", () => {
  const values = [-1, 0.5, Number.NaN, -0, 2 ** 53, -1n, 2n ** 64n, "\ud800", undefined, {}];
  for (const wrong of values) expect(() => encodeCanonical(wrong as Canonical)).toThrow(TypeError);
});

test("views hold the bytes that were decoded, copies do not, and both are the same value", () => {
  const [short, long] = [new Uint8Array(64).fill(3), new Uint8Array(65).fill(4)];
  const bytes = encodeCanonical([short, long, "text"]);
  const copies = decodeCanonical(bytes) as readonly [Uint8Array, Uint8Array, string];
  const views = decodeCanonical(bytes, bytes.length, "views") as typeof copies;
  expect(views).toEqual(copies);
  expect(views[1].buffer).toBe(bytes.buffer);
  bytes.fill(0);
  expect(copies).toEqual([short, long, "text"]);
  expect(views[0]).toEqual(short);
  expect(views[1]).toEqual(new Uint8Array(65));
});
