import { beforeEach, expect, test } from "vitest";
import { u32be, utf8Bytes, utf8Text } from "../src/base/bytes.ts";
import { systemClock } from "../src/base/clock.ts";
import { headKeyFromSeed } from "../src/crypto/head-key.ts";
import { formatAddCheckpoint } from "../src/log/add-checkpoint.ts";
import { checkEvidence } from "../src/log/check-evidence.ts";
import { GrowingTree } from "../src/log/growing-tree.ts";
import { cosign, cosignedAt, headText, parseHead } from "../src/log/head.ts";
import { formatNote, parseSignatureLines } from "../src/log/signed-note.ts";
import { TiledTree } from "../src/log/tree-proofs.ts";
import { parseVkey } from "../src/log/vkey.ts";
import { MemoryDisk, type MemoryFaults } from "../src/node/store/memory-engine.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { WitnessStore } from "../src/node/store/ports/witness-store.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../src/protocol/head-key.ts";
import { logEvidenceRecord } from "../src/protocol/log-evidence.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import { testIdentity } from "../src/testing/sender.ts";
import { ForkWatch } from "./fork-watch.ts";
import { KnownLogs } from "./known-logs.ts";
import { WitnessService } from "./service.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);
const logKey = headKeyFromSeed(new Uint8Array(32).fill(3));
const otherKey = headKeyFromSeed(new Uint8Array(32).fill(4));
const origin = originOf(network, scheduler.address);
const name = "nymcompute/witness/test";
const statementOf = (key = logKey) =>
  headKeyRecord.encode(stateHeadKey(scheduler, { origin, headKey: key.publicKey }));

let disk: MemoryDisk;
let store: WitnessStore;
let witness: WitnessService;
let forks: ForkWatch;
/** The hashes of its leaves as the scheduler serves them; null where it serves none. */
let shown: Uint8Array | null;
let looks: number;
let seconds: number;

async function open(faults: MemoryFaults = {}, statement = statementOf()): Promise<void> {
  const stores = await openMemoryStores({ role: "witness", disk, faults });
  store = stores.witnessed;
  const answer = { status: 200, contentType: "", body: statement };
  const scheduler = { url: "http://scheduler", call: () => Promise.resolve(answer) };
  const logs = new KnownLogs({
    ...{ network, schedulers: [scheduler], store, logger: quietLogger },
    now: () => systemClock.monotonic(),
  });
  await logs.look();
  const key = headKeyFromSeed(new Uint8Array(32).fill(9));
  const clock = { ...systemClock, monotonic: () => 1000 * seconds };
  forks = new ForkWatch({ tiles: [tile], store, clock, logger: silent });
  witness = new WitnessService({ name, key, logs, store, clock: systemClock, forks });
  close = () => stores.close();
}
let close: () => Promise<void>;

beforeEach(async () => {
  disk = new MemoryDisk();
  shown = null;
  looks = 0;
  seconds = 0;
  await open();
  return () => close();
});

/** What it says of a fork is what these tests are about. */
const silent = { ...quietLogger, error: () => undefined };

async function tile(): Promise<Uint8Array> {
  looks++;
  if (shown === null) throw new Error("no tiles");
  return shown;
}

/** A history: leaves are numbers, from `fork` on others. */
function history(
  size: number,
  fork = size,
): { root: Uint8Array; tree: TiledTree; leaves: Uint8Array } {
  const tree = GrowingTree.empty();
  for (let i = 0; i < size; i++) tree.append(u32be(i < fork ? i : i + 1000));
  const leaves = tree.partialTile(0) ?? new Uint8Array();
  return { root: tree.root(), tree: new TiledTree(size, async () => leaves), leaves };
}

/** The lie of each piece that the witness keeps; all of them convict the scheduler. */
async function keptLies(): Promise<readonly string[]> {
  await forks.settled();
  const files = (await store.evidenceIds(20)).map((id) => store.evidence(id));
  const convictions = (await Promise.all(files)).map((file) =>
    checkEvidence(logEvidenceRecord.decode(file ?? new Uint8Array())),
  );
  for (const one of convictions) expect(one.scheduler).toEqual(scheduler.address);
  return convictions.map(({ code }) => code).sort();
}

async function request(
  size: number,
  from: number,
  changes: { fork?: number; key?: typeof logKey; oldSize?: number; origin?: string } = {},
): Promise<Uint8Array> {
  const { root, tree } = history(size, changes.fork);
  const named = changes.origin ?? origin;
  const head = { origin: named, size, root };
  const signature = cosign(head, { name: named, key: changes.key ?? logKey, seconds: 1 });
  const note = utf8Bytes(formatNote({ text: headText(head), signatures: [signature] }));
  const proof = from === 0 || from > size ? [] : await tree.consistency(from);
  return formatAddCheckpoint({ oldSize: changes.oldSize ?? from, proof, note });
}

test("a witness cosigns a log that grows, and its line holds under its published key", async () => {
  for (const [size, from] of [
    [3, 0],
    [3, 3],
    [40, 3],
    [41, 40],
  ] as const) {
    const answer = await witness.addCheckpoint(await request(size, from));
    expect(answer.kind).toBe("cosigned");
    if (answer.kind !== "cosigned") continue;
    const { root } = history(size);
    const text = headText({ origin, size, root });
    const signatures = parseSignatureLines(answer.line);
    const signed = { text, signatures, head: { origin, size, root } };
    expect(cosignedAt(signed, parseVkey(witness.vkey))).not.toBeNull();
  }
  const note = (await witness.checkpoint(origin)) as Uint8Array;
  const kept = parseHead(note);
  expect(kept.head.size).toBe(41);
  expect(cosignedAt(kept, { name: origin, publicKey: logKey.publicKey })).not.toBeNull();
  expect(cosignedAt(kept, parseVkey(witness.vkey))).not.toBeNull();
});

test("whoever goes on from another size is told the known one", async () => {
  await witness.addCheckpoint(await request(10, 0));
  expect(await witness.addCheckpoint(await request(12, 0))).toEqual({ kind: "conflict", size: 10 });
  expect(await witness.addCheckpoint(await request(12, 11))).toEqual({
    ...{ kind: "conflict", size: 10 },
  });
  expect(await witness.addCheckpoint(await request(6, 6))).toEqual({ kind: "conflict", size: 10 });
});

test("a fork is refused, and two roots of one size are kept as evidence that convicts", async () => {
  await witness.addCheckpoint(await request(10, 0));
  const sameSize = await request(10, 10, { fork: 5 });
  await expect(witness.addCheckpoint(sameSize)).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual(["E1"]);
  const [id] = await store.evidenceIds(10);
  const evidence = logEvidenceRecord.decode((await store.evidence(id!))!);
  const [headKey, one] = evidence.parts as [Uint8Array, Uint8Array];
  const innocent = { ...evidence, parts: [headKey, one, one] };
  expect(() => checkEvidence(innocent)).toThrow(/^EVIDENCE_INVALID/);
  // Nothing was taken over from the fork.
  expect(parseHead((await witness.checkpoint(origin))!).head.root).toEqual(history(10).root);
});

test("the proof of a larger fork convicts by itself, without a look at tiles", async () => {
  await witness.addCheckpoint(await request(10, 0));
  const forked = await request(12, 10, { fork: 5 });
  await expect(witness.addCheckpoint(forked)).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual(["E2"]);
  expect(looks).toBe(0);
});

test("a proof that shows nothing is no evidence; the tiles that the scheduler serves may be", async () => {
  await witness.addCheckpoint(await request(10, 0));
  const forked = utf8Text(await request(12, 10, { fork: 5 })) as string;
  const unproven = utf8Bytes(forked.replace(/^old 10\n[\s\S]*?\n\n/, "old 10\n\n"));
  await expect(witness.addCheckpoint(unproven)).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual([]);
  expect(looks).toBe(1);
  // The same head again, at once: nobody can have the witness ask without end.
  await expect(witness.addCheckpoint(unproven)).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual([]);
  expect(looks).toBe(1);
  shown = history(12, 5).leaves;
  seconds += 1;
  await expect(witness.addCheckpoint(unproven)).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual(["E2"]);
});

test("of a known tree of a power of two leaves the proof leaves the root out: tiles show the fork", async () => {
  await witness.addCheckpoint(await request(8, 0));
  shown = history(12, 5).leaves;
  const forked = await request(12, 8, { fork: 5 });
  await expect(witness.addCheckpoint(forked)).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual(["E2"]);
});

test("an honest head with a wrong proof, and tiles of another tree, accuse nobody", async () => {
  await witness.addCheckpoint(await request(10, 0));
  const honest = utf8Text(await request(12, 10)) as string;
  const wrong = honest.replace(/^old 10\n[\s\S]*?\n\n/, `old 10\n${"A".repeat(43)}=\n\n`);
  shown = history(12).leaves;
  await expect(witness.addCheckpoint(utf8Bytes(wrong))).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual([]);
  seconds += 1;
  shown = history(12, 3).leaves;
  await expect(witness.addCheckpoint(utf8Bytes(wrong))).rejects.toThrow(/^CONSISTENCY_INVALID/);
  expect(await keptLies()).toEqual([]);
  expect(looks).toBeGreaterThan(1);
});

test("of a scheduler that forks without end only the first pieces are kept", async () => {
  await witness.addCheckpoint(await request(10, 0));
  for (let size = 11; size < 21; size++) {
    const forked = await request(size, 10, { fork: 5 });
    await expect(witness.addCheckpoint(forked)).rejects.toThrow(/^CONSISTENCY_INVALID/);
  }
  expect(await keptLies()).toEqual(Array.from({ length: 8 }, () => "E2"));
});

test("a second head key is kept as evidence, and does not sign for the log", async () => {
  await witness.addCheckpoint(await request(10, 0));
  await close();
  await open({}, statementOf(otherKey));
  const [id] = await store.evidenceIds(10);
  const evidence = logEvidenceRecord.decode((await store.evidence(id!))!);
  expect(checkEvidence(evidence)).toMatchObject({ code: "E0", scheduler: scheduler.address });
  const foreign = await request(12, 10, { key: otherKey });
  await expect(witness.addCheckpoint(foreign)).rejects.toThrow(/^HEAD_UNTRUSTED/);
});

test("logs that nobody named, and heads that their key did not sign, are refused", async () => {
  const elsewhere = await request(3, 0, { origin: "example.com/log" });
  await expect(witness.addCheckpoint(elsewhere)).rejects.toThrow(/^LOG_UNKNOWN/);
  const unsigned = await request(3, 0, { key: otherKey });
  await expect(witness.addCheckpoint(unsigned)).rejects.toThrow(/^HEAD_UNTRUSTED/);
  const text = utf8Text(await request(3, 0)) as string;
  for (const changed of [
    text.replace("old 0", "old 4"),
    text.replace("old 0", "old 00"),
    text.replace("old 0", "old"),
    text.replace("old 0\n", "old 0\nAAAA\n"),
    text.replace("\n\n", "\n"),
    "",
  ]) {
    await expect(witness.addCheckpoint(utf8Bytes(changed))).rejects.toThrow(
      /^(REQUEST_INVALID|NOTE_MALFORMED|HEAD_MALFORMED)/,
    );
  }
});

test("of two that go on from one head only one is cosigned", async () => {
  await witness.addCheckpoint(await request(10, 0));
  const both = await Promise.all([
    witness.addCheckpoint(await request(20, 10)),
    witness.addCheckpoint(await request(20, 10, { fork: 15 })).catch((error: Error) => error),
  ]);
  const kinds = both.map((one) => (one instanceof Error ? one.message.slice(0, 19) : one.kind));
  expect(kinds.filter((kind) => kind === "cosigned")).toHaveLength(1);
  expect(parseHead((await witness.checkpoint(origin))!).head.size).toBe(20);
});

test("what was cosigned is known after a crash", async () => {
  await witness.addCheckpoint(await request(10, 0));
  await close();
  await open();
  expect(await witness.addCheckpoint(await request(12, 0))).toEqual({ kind: "conflict", size: 10 });
});

test("a head that could not be written down is not cosigned", async () => {
  await close();
  let isFull = false;
  await open({
    beforeCommit: () => {
      if (isFull) throw new Error("the disk is full");
    },
  });
  isFull = true;
  await expect(witness.addCheckpoint(await request(10, 0))).rejects.toThrow();
  isFull = false;
  expect(await witness.checkpoint(origin)).toBeNull();
});
