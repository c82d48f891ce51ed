import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { type HeadKey, headKeyFromSeed } from "../crypto/head-key.ts";
import { cosign, cosignedAt, headText, parseHead, parseHeadText, type TreeHead } from "./head.ts";
import { formatNote } from "./signed-note.ts";

const key: HeadKey = headKeyFromSeed(new Uint8Array(32).fill(7), "deterministic");
const other: HeadKey = headKeyFromSeed(new Uint8Array(32).fill(8), "deterministic");
const head: TreeHead = { origin: "example.com/log", size: 5, root: new Uint8Array(32).fill(9) };
const name = "example.com/witness";
const cosigner = { name, publicKey: key.publicKey };

/** The example of C2SP tlog-checkpoint. */
const published = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;

function signed(
  changes: Partial<TreeHead> = {},
  by: { readonly name?: string; readonly seconds?: number } = {},
): Uint8Array {
  const signature = cosign(head, { name, key, seconds: 1_700_000_000, ...by });
  const text = headText({ ...head, ...changes });
  return utf8Bytes(formatNote({ text, signatures: [signature] }));
}

test("the published checkpoint is read as what it says", () => {
  const { head: read } = parseHead(utf8Bytes(published));
  expect(read).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20_852_163 });
  expect(headText(read)).toBe(published.slice(0, published.indexOf("\n\n") + 1));
});

test("a cosignature holds for its head, key and name, and tells its time", () => {
  const read = parseHead(signed());
  expect(cosignedAt(read, cosigner)).toBe(1_700_000_000);
  expect(cosignedAt(read, { name, publicKey: other.publicKey })).toBeNull();
  expect(cosignedAt(read, { name: "example.com/other", publicKey: key.publicKey })).toBeNull();
});

test("a cosignature does not hold for another origin, size, root, name or time", () => {
  const changed: Uint8Array[] = [
    signed({ origin: "example.com/loh" }),
    signed({ size: 6 }),
    signed({ root: new Uint8Array(32).fill(10) }),
  ];
  for (const bytes of changed) expect(cosignedAt(parseHead(bytes), cosigner)).toBeNull();
  const read = parseHead(signed());
  const [line] = read.signatures;
  const later = Uint8Array.from(line!.signature);
  later[7]! += 1;
  const forged = { ...read, signatures: [{ ...line!, signature: later }] };
  expect(cosignedAt(forged, cosigner)).toBeNull();
  const renamed = { ...read, signatures: [{ ...line!, name: "example.com/w" }] };
  expect(cosignedAt(renamed, { ...cosigner, name: "example.com/w" })).toBeNull();
});

test("a line of a known key that does not hold spoils the note, one of an unknown key does not", () => {
  const read = parseHead(signed());
  const [line] = read.signatures;
  const broken = { ...line!, signature: line!.signature.map((byte) => byte ^ 1) };
  expect(cosignedAt({ ...read, signatures: [line!, broken] }, cosigner)).toBeNull();
  const foreign = cosign(head, { name, key: other, seconds: 1 });
  expect(cosignedAt({ ...read, signatures: [foreign, line!] }, cosigner)).toBe(1_700_000_000);
});

test.each([
  ["two lines", "a\n5\n"],
  ["an extension line", "a\n5\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\nmore\n"],
  ["no origin", "\n5\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n"],
  ["a size with a zero before it", "a\n05\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n"],
  ["a negative size", "a\n-5\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n"],
  [
    "a size that no number holds",
    "a\n9999999999999999\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
  ],
  ["a root of 31 bytes", "a\n5\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQ==\n"],
])("a head with %s is refused", (_, text) => {
  expect(() => parseHeadText(text)).toThrow(/^HEAD_MALFORMED/);
});

test("what is written is read as the same head", () => {
  const heads = fc.record({
    origin: fc.stringMatching(/^[!-*,-~]{1,60}$/),
    size: fc.maxSafeInteger().map(Math.abs),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  });
  fc.assert(
    fc.property(heads, (any) => {
      expect(parseHeadText(headText(any))).toEqual(any);
    }),
  );
});

test("a changed byte of a signed head is refused, or the signature no longer holds", () => {
  const bytes = signed();
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
  const isTaken = ([place, mask]: readonly [number, number]): boolean => {
    const changed = Uint8Array.from(bytes);
    changed[place]! ^= mask;
    try {
      return cosignedAt(parseHead(changed), cosigner) !== null;
    } catch (error) {
      expect((error as { code: string }).code).toMatch(/^(NOTE|HEAD)_MALFORMED$/);
      return false;
    }
  };
  fc.assert(
    fc.property(change, (any) => {
      expect(isTaken(any)).toBe(false);
    }),
    { numRuns: 300 },
  );
});
