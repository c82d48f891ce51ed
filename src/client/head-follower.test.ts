import { expect, test } from "vitest";
import { u32be, utf8Bytes } from "../base/bytes.ts";
import { systemClock } from "../base/clock.ts";
import { headKeyFromSeed } from "../crypto/head-key.ts";
import { referenceVerifier } from "../crypto/signature.ts";
import { checkLogReceipt } from "../log/check-log-receipt.ts";
import { GrowingTree } from "../log/growing-tree.ts";
import { cosign, headText } from "../log/head.ts";
import { formatNote } from "../log/signed-note.ts";
import { TiledTree } from "../log/tree-proofs.ts";
import { vkeyOf, witnessAddress } from "../log/vkey.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../protocol/head-key.ts";
import type { LogReceipts, ReceiptsQuery, WitnessQuorum } from "../protocol/log-receipt.ts";
import { testIdentity } from "../testing/sender.ts";
import { type HeadConflict, HeadFollower, type SeenHead } from "./head-follower.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);
const key = headKeyFromSeed(new Uint8Array(32).fill(3));
const witnessKey = headKeyFromSeed(new Uint8Array(32).fill(4));
const witness = { name: "witness", publicKey: witnessKey.publicKey };
const origin = originOf(network, scheduler.address);
const owner = { network, scheduler: scheduler.address };
const process = new Uint8Array(32).fill(6);
const headKey = headKeyRecord.encode(stateHeadKey(scheduler, { origin, headKey: key.publicKey }));
const none: WitnessQuorum = { units: [], count: 0 };

const entryAt = (slot: number) => ({ process, slot, entry: u32be(slot) });

/** A scheduler whose log is the head-key record and numbers: from `fork` on others. */
class ScriptedLog {
  size = 1;
  fork = Number.POSITIVE_INFINITY;
  isCosigned = false;
  signer = key;
  readonly asked: ReceiptsQuery[] = [];

  receipts = async (query: ReceiptsQuery): Promise<LogReceipts | null> => {
    this.asked.push(query);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (query.witnesses.count > 0 && !this.isCosigned) return null;
    const { size } = this;
    const tree = GrowingTree.empty();
    tree.append(headKey);
    for (let i = 1; i < size; i++) tree.append(u32be(i - 1 < this.fork ? i - 1 : i + 1000));
    const tiled = new TiledTree(size, async () => tree.partialTile(0) ?? new Uint8Array());
    const head = { origin, size, root: tree.root() };
    const signatures = [cosign(head, { name: origin, key: this.signer, seconds: 1 })];
    if (this.isCosigned) {
      signatures.push(cosign(head, { name: witness.name, key: witnessKey, seconds: 2 }));
    }
    const isGrown = query.since > 0 && query.since < size;
    return {
      head: utf8Bytes(formatNote({ text: headText(head), signatures })),
      headKey: query.since === 0 ? headKey : null,
      consistency: isGrown ? await tiled.consistency(query.since) : [],
      witnesses: query.witnesses.count > 0 ? [vkeyOf(witness)] : [],
      places: await Promise.all(
        query.places.map(async ({ slot }) =>
          slot + 1 < size ? { treeIndex: slot + 1, path: await tiled.inclusion(slot + 1) } : null,
        ),
      ),
    };
  };
}

function opened(log = new ScriptedLog(), seen: SeenHead | null = null) {
  const conflicts: HeadConflict[] = [];
  const failures: unknown[] = [];
  const kept: SeenHead[] = seen === null ? [] : [seen];
  const follower = new HeadFollower({
    client: log,
    owner,
    verifier: referenceVerifier,
    clock: systemClock,
    memory: {
      load: async () => kept.at(-1) ?? null,
      keep: async (newer) => void kept.push(newer),
    },
    onConflict: (conflict) => conflicts.push(conflict),
    onFailure: (error) => failures.push(error),
  });
  const covered = (slot: number, quorum = none, ms = 2000) =>
    follower.covered(entryAt(slot), { signal: AbortSignal.timeout(ms), quorum });
  return { log, follower, covered, conflicts, failures, kept };
}

test("what asks together is answered together, each with a receipt that holds", async () => {
  const { log, covered, kept } = opened();
  log.size = 6;
  const receipts = await Promise.all([0, 1, 2, 3].map((slot) => covered(slot)));
  for (const [slot, receipt] of receipts.entries()) {
    if (receipt === null) throw new Error("no receipt");
    const { signed } = checkLogReceipt(u32be(slot), receipt, owner);
    expect([signed.head.size, receipt.treeIndex]).toEqual([6, slot + 1]);
  }
  expect(log.asked.map(({ since, places }) => [since, places.length])).toEqual([[0, 4]]);
  log.size = 200;
  await covered(150);
  expect(log.asked.at(-1)?.since).toBe(6);
  expect(kept).toHaveLength(2);
});

test("an entry that no head covers is waited for until the signal", async () => {
  const { log, covered } = opened();
  log.size = 2;
  expect(await covered(4, none, 60)).toBeNull();
  const later = covered(4);
  log.size = 9;
  expect((await later)?.treeIndex).toBe(5);
});

test("a smaller head is stale, and no lie", async () => {
  const { log, covered, follower, conflicts } = opened();
  log.size = 10;
  await covered(3);
  log.size = 8;
  expect(await covered(4, none, 60)).toBeNull();
  expect([follower.conflict, conflicts]).toEqual([null, []]);
  log.size = 10;
  expect(await covered(4)).not.toBeNull();
});

test("another history ends it: of the same size, of a larger one, and after a restart", async () => {
  for (const [size, isRestarted] of [
    [10, false],
    [12, false],
    [12, true],
  ] as const) {
    const first = opened();
    first.log.size = 10;
    await first.covered(3);
    const { log, covered, follower, conflicts } = isRestarted
      ? opened(new ScriptedLog(), first.kept.at(-1) ?? null)
      : first;
    log.size = size;
    log.fork = 5;
    const of = `${size} leaves, restarted: ${isRestarted}`;
    await expect(covered(6), of).rejects.toThrow(/^CONSISTENCY_INVALID/);
    expect(follower.conflict?.code, of).toBe("CONSISTENCY_INVALID");
    expect(conflicts, of).toHaveLength(1);
    // What goes on with the first history is not believed either: the key has signed both.
    log.fork = Number.POSITIVE_INFINITY;
    await expect(covered(3), of).rejects.toThrow(/^CONSISTENCY_INVALID/);
  }
});

test("a head that another key signed covers nothing", async () => {
  const { log, covered, failures } = opened();
  log.size = 4;
  log.signer = witnessKey;
  expect(await covered(1, none, 60)).toBeNull();
  expect(String(failures[0])).toMatch(/HEAD_INVALID/);
});

test("an entry that is not the one in the log has no receipt", async () => {
  const { log, follower } = opened();
  log.size = 4;
  const other = { ...entryAt(1), entry: u32be(77) };
  const wait = { signal: AbortSignal.timeout(2000) };
  await expect(follower.covered(other, wait)).rejects.toThrow(/^INCLUSION_INVALID/);
});

test("witnessed is by the witnesses that are named, and holds up nobody else", async () => {
  const { log, covered } = opened();
  const named = { units: [witnessAddress(witness)], count: 1 };
  const stranger = { units: [new Uint8Array(32)], count: 1 };
  log.size = 4;
  expect(await Promise.all([covered(1, named, 80), covered(1)])).toMatchObject([
    null,
    { treeIndex: 2 },
  ]);
  log.isCosigned = true;
  expect((await covered(1, named))?.treeIndex).toBe(2);
  expect(await covered(1, stranger, 60)).toBeNull();
});
