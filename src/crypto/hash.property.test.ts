import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { concatBytes, utf8Bytes } from "../base/bytes.ts";
import { sha256, streamingSha256, taggedHash } from "./hash.ts";

const content = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ minLength: 5000, maxLength: 6000 }),
);

test("property: the hash in use is the reference's, of whole bytes and of views", () => {
  fc.assert(
    fc.property(content, fc.nat({ max: 70 }), (bytes, offset) => {
      const view = bytes.subarray(Math.min(offset, bytes.length));
      expect(sha256(view)).toEqual(nobleSha256(view.slice()));
    }),
  );
});

test("property: a tagged hash is that of tag, zero byte and content, also the second time", () => {
  fc.assert(
    fc.property(fc.constantFrom("nymcompute/a/v1", "ä", ""), content, (tag, bytes) => {
      const expected = nobleSha256(concatBytes(utf8Bytes(tag), Uint8Array.of(0), bytes));
      expect(taggedHash(tag, bytes)).toEqual(expected);
    }),
  );
});

test("property: content in pieces has the hash of the whole", () => {
  fc.assert(
    fc.property(fc.array(content, { maxLength: 3 }), (parts) => {
      const hash = streamingSha256();
      for (const part of parts) hash.update(part);
      expect(hash.digest()).toEqual(sha256(concatBytes(...parts)));
    }),
    { numRuns: 50 },
  );
});

test("answers plain bytes of its own, which no other hash shares", () => {
  const hash = sha256(Uint8Array.of(1));
  expect(hash.constructor).toBe(Uint8Array);
  expect(hash.buffer.byteLength).toBe(32);
});

test.each([
  ["is absent", undefined],
  ["throws", () => expect.unreachable()],
  ["answers something else", () => new Uint8Array(32)],
])("takes the reference where the runtime's own hash %s", async (_, hash) => {
  vi.resetModules();
  const builtin = vi.spyOn(process, "getBuiltinModule").mockReturnValue({ hash } as never);
  try {
    const fresh = await import("./hash.ts");
    expect(fresh.sha256(Uint8Array.of(1, 2, 3))).toEqual(nobleSha256(Uint8Array.of(1, 2, 3)));
    expect(builtin).toHaveBeenCalledWith("node:crypto");
  } finally {
    builtin.mockRestore();
    vi.resetModules();
  }
});
