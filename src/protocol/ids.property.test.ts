import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "../base/bytes.ts";
import { idsBeginning, idText } from "./ids.ts";

const id = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("ids lie between the two of a prefix exactly where their text begins with it", () => {
  const lengths = fc.integer({ min: 1, max: 43 });
  fc.assert(
    fc.property(id, id, lengths, (one, other, length) => {
      const prefix = idText(one).slice(0, length);
      const { first, last } = idsBeginning(prefix);
      for (const each of [one, other, first, last]) {
        const isBetween = compareBytes(first, each) <= 0 && compareBytes(each, last) <= 0;
        expect(isBetween).toBe(idText(each).startsWith(prefix));
      }
    }),
  );
});

test("what begins no id is refused", () => {
  for (const text of ["", "=", "a b", "é", `${"A".repeat(42)}B`, "A".repeat(44)]) {
    expect(() => idsBeginning(text)).toThrow(/ID_MALFORMED/);
  }
});
