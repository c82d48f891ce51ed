import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fromBase64url } from "../base/bytes.ts";
import { verifySignature } from "../crypto/signature.ts";
import { checked } from "../protocol/errors.ts";
import { idText, parseId } from "../protocol/ids.ts";
import { provenStandRecord } from "../protocol/proven-slot.ts";
import { type CheckedSlot, checkNextSlot, type ProvenTip } from "./proven-chain.ts";

interface Vectors {
  readonly network: string;
  readonly process: string;
  readonly chain: readonly {
    readonly announced: string;
    readonly stand: string;
    readonly next: number;
    readonly entryHash: string;
    readonly root: string;
  }[];
  readonly refused: readonly {
    readonly about: string;
    readonly code: string;
    readonly bytes: string;
  }[];
}

const file = new URL("../../spec/vectors/proven/chain_v1.json", import.meta.url);
const vectors = JSON.parse(await readFile(file, "utf8")) as Vectors;
const process = parseId(vectors.process);
const bytesOf = (text: string): Uint8Array => fromBase64url(text) ?? new Uint8Array(0);

function checkedAt(text: string, tip: ProvenTip | null): CheckedSlot {
  const network = parseId(vectors.network);
  const known = { seen: () => false, isProven: () => false };
  return checkNextSlot(bytesOf(text), { network, process, tip, ...known });
}

test("the chain of the vectors holds, slot after slot, and stands where it should", () => {
  let tip: ProvenTip | null = null;
  for (const { announced, stand, next, entryHash, root } of vectors.chain) {
    const slot = checkedAt(announced, tip);
    const { headKey, head } = slot.under;
    expect([...headKey, ...head, ...slot.claims].every(verifySignature)).toBe(true);
    tip = slot.tip;
    expect([idText(tip.tip.entryHash), idText(tip.root)]).toEqual([entryHash, root]);
    const expected = { process, next, entryHash: tip.tip.entryHash, root: tip.root };
    expect(provenStandRecord.decode(bytesOf(stand))).toEqual(expected);
  }
  expect(tip?.tip.slot).toBe(1);
});

test("every announcement that the vectors refuse is refused with its code", () => {
  const [first] = vectors.chain;
  const { tip } = checkedAt(first?.announced ?? "", null);
  expect(vectors.refused.length).toBe(8);
  for (const { about, code, bytes } of vectors.refused) {
    const outcome = checked(() => checkedAt(bytes, tip));
    expect(outcome.ok ? "good" : outcome.error.code, about).toBe(code);
  }
});
