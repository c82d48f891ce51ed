import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes, utf8Text } from "../base/bytes.ts";
import { headKeyFromSeed } from "../crypto/head-key.ts";
import { formatAddCheckpoint, parseAddCheckpoint } from "./add-checkpoint.ts";
import { parseVkey, vkeyOf } from "./vkey.ts";

/** The example of C2SP tlog-witness, with the second signature of its log left out. */
const published = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;

test("the published request is read as what it says, and written as it was", () => {
  const read = parseAddCheckpoint(utf8Bytes(published));
  expect(read).toMatchObject({ oldSize: 20_852_014, signed: { head: { size: 20_852_163 } } });
  expect(read.proof).toHaveLength(4);
  expect(utf8Text(formatAddCheckpoint(read))).toBe(published);
});

test("any bytes are a request or a code", () => {
  const places = fc.tuple(fc.nat(published.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(places, ([place, byte]) => {
      const bytes = utf8Bytes(published);
      bytes[place] = byte;
      try {
        parseAddCheckpoint(bytes);
      } catch (error) {
        const { code } = error as { code: string };
        expect(code).toMatch(/^(REQUEST_INVALID|NOTE_MALFORMED|HEAD_MALFORMED)$/);
      }
    }),
    { numRuns: 500 },
  );
});

test("64 hashes, and an old size above the head's, are refused", () => {
  const [, hash = ""] = published.split("\n");
  const many = published.replace(`${hash}\n`, `${hash}\n`.repeat(61));
  expect(() => parseAddCheckpoint(utf8Bytes(many))).toThrow(/^REQUEST_INVALID/);
  const above = published.replace("20852014", "20852164");
  expect(() => parseAddCheckpoint(utf8Bytes(above))).toThrow(/^REQUEST_INVALID/);
});

test("a verifier key has one spelling", () => {
  const { publicKey } = headKeyFromSeed(new Uint8Array(32).fill(1), "deterministic");
  const vkey = vkeyOf({ name: "example.com/w", publicKey });
  expect(parseVkey(vkey)).toEqual({ name: "example.com/w", publicKey });
  const other = vkey.replace(/\+[0-9a-f]{8}\+/, "+00000000+");
  for (const text of ["", "a+b", other, `${vkey}A`, vkey.slice(0, -4), vkey.toUpperCase()]) {
    expect(() => parseVkey(text)).toThrow(/^NOTE_MALFORMED/);
  }
  // The published key is of Ed25519, which nothing here verifies.
  const ed25519 = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  expect(() => parseVkey(ed25519)).toThrow(/^NOTE_MALFORMED/);
});
