import fc from "fast-check";
import { expect, test } from "vitest";
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64url,
  fromHex,
  toBase64url,
  toHex,
  u64be,
} from "./bytes.ts";

const bytes = fc.uint8Array({ maxLength: 100 });

test("property: base64url agrees with the platform's and reads back", () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = toBase64url(value);
      expect(text).toBe(Buffer.from(value).toString("base64url"));
      expect(fromBase64url(text)).toEqual(value);
    }),
  );
});

test("property: base64url text that is read is the only spelling of its bytes", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 50 }), (text) => {
      const value = fromBase64url(text);
      if (value !== null) expect(toBase64url(value)).toBe(text);
    }),
  );
});

test("refuses the three other spellings of a 32-byte digest", () => {
  const text = toBase64url(new Uint8Array(32));
  for (const last of ["B", "C", "D"]) expect(fromBase64url(text.slice(0, -1) + last)).toBeNull();
});

test("property: hexadecimal agrees with the platform's and reads back", () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(toHex(value)).toBe(Buffer.from(value).toString("hex"));
      expect(fromHex(toHex(value))).toEqual(value);
    }),
  );
});

test("property: comparison is the order of unsigned bytes", () => {
  fc.assert(
    fc.property(bytes, bytes, (left, right) => {
      expect(compareBytes(left, right)).toBe(Buffer.compare(left, right));
      expect(equalBytes(left, right)).toBe(Buffer.compare(left, right) === 0);
    }),
  );
});

test("property: concatenation keeps every byte in order", () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (parts) => {
      expect(concatBytes(...parts)).toEqual(new Uint8Array(Buffer.concat(parts)));
    }),
  );
});

test("writes an integer above 2^32 as eight big-endian bytes", () => {
  expect(toHex(u64be(2 ** 40 + 5))).toBe("0000010000000005");
});
