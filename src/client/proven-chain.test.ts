import fc from "fast-check";
import { expect, test } from "vitest";
import { referenceVerifier } from "../crypto/signature.ts";
import { checkMessage } from "../protocol/check.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";
import { type ProvenSlot, provenSlotRecord } from "../protocol/proven-slot.ts";
import { type Provenance, provenanceRecord } from "../protocol/provenance.ts";
import { exits, type Result, resultDigestOf, resultRecord } from "../protocol/result.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import { ProvenLog } from "../testing/proven-log.ts";
import { testIdentity } from "../testing/sender.ts";
import { ProvenChains } from "./proven-chains.ts";
import { followChain } from "./proven-follow.ts";
import { MemoryProvenStore } from "./proven-memory.ts";

const digestOf = (byte: number): Digest => new Uint8Array(32).fill(byte);
const proven = [{ name: "Evidence", value: "proven" }];

/** A target that demands proofs, and two sources that send to it from their slots 2. */
const target = new ProvenLog(digestOf(9), proven);
const terms = termsOfSpawn(target.spawn);
const source = sourceOf(11);
const other = sourceOf(12);

function sourceOf(byte: number): ProvenLog {
  const log = new ProvenLog(digestOf(byte));
  log.add();
  log.add(target.process);
  log.add(target.process);
  return log;
}

/** Chains in memory; each step that is looked at is noted, and what the test says is wrong is. */
function chains(wrong: (slot: number) => string | null = () => null) {
  const looked: number[] = [];
  const made = new ProvenChains({
    network: source.network,
    store: new MemoryProvenStore(),
    verifier: referenceVerifier,
    moduleOf: async (module) => module,
    checkStep: async ({ result }) => {
      const { slot } = resultRecord.decode(result);
      looked.push(slot);
      return wrong(slot);
    },
  });
  return { chains: made, looked };
}

async function verify(of: ProvenChains, log: ProvenLog, slots = log.length): Promise<void> {
  for (let slot = 0; slot < slots; slot++) {
    const announced = await of.announce(log.process, log.announced(slot));
    if (announced !== null) await of.settle(announced, log.proof(slot));
  }
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return "good";
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** "good", or the code with which a message to the target is refused by who knows these chains. */
function verdictOf(of: ProvenChains, envelope: Envelope): Promise<string> {
  return codeOf(async () => {
    const isProven = await of.lookUp(envelope, terms);
    const { claims } = checkMessage(envelope, source.network, terms, isProven);
    const verdicts = await referenceVerifier.verify(claims);
    if (!verdicts.every((holds) => holds)) throw new ProtocolError("SIGNATURE_INVALID");
  });
}

test("a chain is verified slot by slot, each step once, and then its messages are good", async () => {
  const { chains: known, looked } = chains();
  expect(await verdictOf(known, source.sent(2))).toBe("EVIDENCE_LEVEL");
  await verify(known, source, 2);
  expect(await verdictOf(known, source.sent(2))).toBe("EVIDENCE_LEVEL");
  await verify(known, source, 3);
  expect(await verdictOf(known, source.sent(2))).toBe("good");
  expect(await verdictOf(known, source.sent(3))).toBe("EVIDENCE_LEVEL");
  await verify(known, source);
  expect(looked).toEqual([0, 1, 2, 3]);
  expect(await known.next(source.process)).toBe(4);
});

test("a process that demands proven never takes an attested message, whatever else is proven", async () => {
  const { chains: known } = chains();
  await verify(known, other);
  expect(await verdictOf(known, source.sent(2))).toBe("EVIDENCE_LEVEL");
  // Nor does anyone who verifies no chains at all.
  const check = async () => checkMessage(source.sent(2), source.network, terms);
  expect(await codeOf(check)).toBe("EVIDENCE_LEVEL");
});

const attestedBy = (slot: number, byte: number): readonly Uint8Array[] =>
  source.attested(resultRecord.encode(source.result(slot)), testIdentity(byte));

const flipped = (bytes: Uint8Array, at = bytes.length - 1): Uint8Array =>
  bytes.with(at, (bytes[at] ?? 0) ^ 1);

/** A log that the source's scheduler never signed: the same process, another second message. */
function privateFork(): ProvenLog {
  const fork = new ProvenLog(digestOf(11));
  fork.add();
  fork.add(target.process);
  return fork;
}

type SlotForgery = Partial<ProvenSlot> & { readonly fields?: Partial<Result> };

const slotForgeries: readonly (readonly [string, string, () => SlotForgery])[] = [
  ["the entry of another slot", "ENTRY_SLOT", () => ({ entry: source.item(1).entry })],
  ["the entry of another process", "ENTRY_CHAIN", () => ({ entry: other.item(2).entry })],
  ["an entry on another history", "ENTRY_CHAIN", () => ({ entry: privateFork().item(2).entry })],
  ["the body of another message", "UNAVAILABLE", () => ({ body: source.item(1).body })],
  ["another authorisation", "UNAVAILABLE", () => ({ authorisation: source.item(1).authorisation })],
  ["data that the message has not", "UNAVAILABLE", () => ({ data: Uint8Array.of(1) })],
  ["the receipt of another entry", "INCLUSION_INVALID", () => ({ receipt: source.log.receipt(1) })],
  [
    "the receipt of another log's entry",
    "INCLUSION_INVALID",
    () => ({ receipt: other.log.receipt(3) }),
  ],
  ["a receipt that nobody signed", "HEAD_KEY_INVALID", () => forgedReceipt()],
  ["a head that nobody signed", "HEAD_INVALID", () => forgedHead()],
  ["an attestation by another unit", "EVIDENCE_QUORUM", () => ({ attestations: attestedBy(2, 4) })],
  ["no attestation", "EVIDENCE_QUORUM", () => ({ attestations: [] })],
  [
    "an attestation of another slot's result",
    "SIGNATURE_INVALID",
    () => ({ attestations: attestedBy(1, 3) }),
  ],
  ["an invented pre-state", "PROVENANCE_RESULT", () => ({ fields: { preRoot: digestOf(1) } })],
  ["another entry hash", "PROVENANCE_RESULT", () => ({ fields: { entryHash: digestOf(1) } })],
  ["another message", "PROVENANCE_RESULT", () => ({ fields: { messageId: digestOf(1) } })],
  ["another module", "PROVENANCE_RESULT", () => ({ fields: { module: digestOf(1) } })],
  ["another inbox", "PROVENANCE_RESULT", () => ({ fields: { inboxHash: digestOf(1) } })],
  ["another process", "PROVENANCE_RESULT", () => ({ fields: { process: other.process } })],
  ["other rules", "PROVENANCE_RESULT", () => ({ fields: { rules: 2 } })],
  ["a slot that is far off", "EVIDENCE_GAP", () => ({ fields: { slot: 7 } })],
  ["a slot that is verified", "EVIDENCE_FORK", () => ({ fields: { slot: 1 } })],
];

function forgedReceipt(): SlotForgery {
  const { receipt } = provenSlotRecord.decode(source.announced(2));
  return { receipt: flipped(receipt) };
}

/** Another letter in the midst of the head's signature. */
function forgedHead(): SlotForgery {
  const receipt = logReceiptRecord.decode(provenSlotRecord.decode(source.announced(2)).receipt);
  const at = receipt.head.length - 1000;
  const head = receipt.head.with(at, receipt.head[at] === 65 ? 66 : 65);
  return { receipt: logReceiptRecord.encode({ ...receipt, head }) };
}

test.for(slotForgeries)("an announced slot with %s is refused with %s", async ([, code, forge]) => {
  const { chains: known, looked } = chains();
  await verify(known, source, 2);
  const bytes = source.announced(2, forge());
  expect(await codeOf(() => known.announce(source.process, bytes))).toBe(code);
  expect(looked).toEqual([0, 1]);
  expect(await known.next(source.process)).toBe(2);
  await verify(known, source, 3);
  expect(await verdictOf(known, source.sent(2))).toBe("good");
});

test("a private fork of a log, attested and all, is not under its scheduler's head", async () => {
  const fork = privateFork();
  const { chains: known } = chains();
  const stolen = fork.announced(0, { receipt: source.log.receipt(1) });
  expect(await codeOf(() => known.announce(fork.process, stolen))).toBe("INCLUSION_INVALID");
  // Under a head it is a chain of its own, and no word on the process whose messages are in it.
  await verify(known, fork);
  expect(await verdictOf(known, source.sent(2))).toBe("EVIDENCE_LEVEL");
});

test("a proof that shows nothing, or is another than was announced, leaves nothing behind", async () => {
  const { chains: known } = chains((slot) => (slot === 1 ? "not shown" : null));
  await verify(known, source, 1);
  const announced = await known.announce(source.process, source.announced(1));
  if (announced === null) throw new Error("it is verified");
  const settle = (proof: Uint8Array | null) => codeOf(() => known.settle(announced, proof));
  expect(await settle(source.proof(2))).toBe("CONTENT_MISMATCH");
  expect(await settle(null)).toBe("CONTENT_MISMATCH");
  expect(await settle(source.proof(1))).toBe("PROOF_INVALID");
  expect(await known.next(source.process)).toBe(1);
});

test("property: an announced slot with any one bit flipped is never verified", async () => {
  const honest = source.announced(1);
  await fc.assert(
    fc.asyncProperty(fc.nat(honest.length - 1), fc.nat(7), async (at, bit) => {
      const { chains: known } = chains();
      await verify(known, source, 1);
      const bytes = honest.with(at, (honest[at] ?? 0) ^ (1 << bit));
      const verdict = await codeOf(async () => {
        const announced = await known.announce(source.process, bytes);
        if (announced !== null) await known.settle(announced, source.proof(1));
      });
      expect(verdict).not.toBe("good");
      expect(await known.next(source.process)).toBe(1);
    }),
    { numRuns: 60 },
  );
});

const partNames = ["spawn", "result", "index", "path", "attestations", "receipt"] as const;

/** Valid provenances that belong elsewhere: of another process, of another slot, of another result. */
const elsewhere: readonly (readonly [string, () => Envelope])[] = [
  ["another process", () => other.sent(2)],
  ["another slot", () => source.sent(3)],
  ["an invented result", () => source.sent(2, { fields: { postRoot: digestOf(1) } })],
  ["a failed result", () => source.sent(2, { fields: { exit: exits.failed } })],
];

test("a proven provenance with a part of a valid one from elsewhere is refused with a code", async () => {
  const { chains: known } = chains();
  await verify(known, source);
  await verify(known, other);
  const honest = source.sent(2);
  expect(await verdictOf(known, honest)).toBe("good");
  const own = provenanceRecord.decode(honest.authorisation);
  for (const [name, make] of elsewhere) {
    const foreign = provenanceRecord.decode(make().authorisation);
    for (const part of partNames) {
      const mixed = { ...own, [part]: foreign[part] } as Provenance;
      const authorisation = provenanceRecord.encode(mixed);
      // Where both say the same, nothing is forged; attestations and heads are signed anew each time.
      const isSame = JSON.stringify(own[part]) === JSON.stringify(foreign[part]);
      const isResigned = name !== "another process" && name !== "another slot";
      if (isSame || (isResigned && part === "receipt")) continue;
      const verdict = await verdictOf(known, { ...honest, authorisation });
      expect(verdict, `${part} of ${name}`).toMatch(
        /^(OWNER|PROVENANCE|EVIDENCE|SIGNATURE|ATTESTATION|SPAWN)_/,
      );
    }
  }
});

test("property: a proven provenance with any one bit flipped is refused with a code", async () => {
  const { chains: known } = chains();
  await verify(known, source);
  const honest = source.sent(2);
  const length = honest.authorisation.length;
  await fc.assert(
    fc.asyncProperty(fc.nat(length - 1), fc.nat(7), async (at, bit) => {
      const { authorisation: bytes } = honest;
      const authorisation = bytes.with(at, (bytes[at] ?? 0) ^ (1 << bit));
      expect(await verdictOf(known, { ...honest, authorisation })).not.toBe("good");
    }),
    { numRuns: 150 },
  );
});

test("a sender that demands proven itself is proven only behind those that send to it", async () => {
  const first = new ProvenLog(digestOf(21));
  const second = new ProvenLog(digestOf(22), proven);
  first.add(second.process);
  second.receive(first.sent(1));
  second.add(target.process);
  const { chains: known } = chains();
  await verify(known, second, 1);
  const announced = second.announced(1);
  const refusal = await known.announce(second.process, announced).catch((error) => error);
  expect(refusal).toMatchObject({ code: "UNAVAILABLE", fields: { slot: 1 } });
  expect(refusal.fields.source).toBe(idText(first.process));

  const served = (process: Digest, slot: number) => {
    const log = [first, second].find((one) => idText(one.process) === idText(process));
    const isThere = log !== undefined && slot < log.length;
    return isThere ? { slot: log.announced(slot), proof: log.proof(slot) } : null;
  };
  const { process, slot, digest } = {
    ...{ process: second.process, slot: 2 },
    digest: digestAt(second, 2),
  };
  const { chains: fresh, looked } = chains();
  expect(await followChain(fresh, { process, slot, digest }, async (...at) => served(...at))).toBe(
    true,
  );
  // Slot 0 of the second, then all of the first, then the rest.
  expect(looked).toEqual([0, 0, 1, 1, 2]);
  expect(await verdictOf(fresh, second.sent(2))).toBe("good");
  const missing = { process, slot: 3, digest };
  expect(await followChain(fresh, missing, async (...at) => served(...at))).toBe(false);
});

function digestAt(log: ProvenLog, slot: number): Digest {
  return resultDigestOf(resultRecord.encode(log.result(slot)));
}
