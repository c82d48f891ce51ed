/**
 * Proofs and results that say something else than what was proven, in one field at a time: each is
 * refused, and the refusal names the field. What a proof is held against comes from the log, so a limit
 * that was changed is named before any arithmetic; a verifier that is told the changed limit as well
 * refuses by arithmetic alone.
 *
 * @module
 */

import { expect, test, vi } from "vitest";
import { verifyProof } from "../../src/client/slot-proof.ts";
import { verifyReceipt } from "../../src/client/verify-receipt.ts";
import { inboxHashOf, inboxRecord } from "../../src/protocol/inbox.ts";
import { exits, type Result, resultRecord } from "../../src/protocol/result.ts";
import { type SlotProofParts, slotProofRecord } from "../../src/protocol/slot-proof.ts";
import { createWasmEngine } from "../../src/stark/kernels/wasm-engine.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { createProver, proveSlot } from "../../src/zkvm/prove-slot.ts";
import { prepareModule } from "../../src/zkvm/slot-context.ts";
import { proofRecordOf, slotInputOf } from "./check-slot.ts";
import { moduleOf } from "./modules.ts";
import { type EvaluatedSlot, ProcessLog, receiptBytes } from "./process-log.ts";

vi.setConfig({ testTimeout: 180_000 });

const log = new ProcessLog(await moduleOf("counter"), { gasLimit: 20_000, memoryPagesMax: 2 });
const module = prepareModule(log.module, log.limits.memoryPagesMax);
const prover = await createProver(
  await createWasmEngine({ memoryBytes: 2 ** 29 }),
  new StateKernel(),
);

log.spawn();

interface Proven {
  readonly slot: EvaluatedSlot;
  readonly proof: Uint8Array;
}

async function provenNext(data: Uint8Array): Promise<Proven> {
  const slot = log.append({ tags: { Action: "Increment" }, data });
  return { slot, proof: proofRecordOf(await proveSlot(prover, slotInputOf(log, slot, module))) };
}

/** One slot that is ok, and one whose message does not fit into memory. */
const proven = {
  ok: await provenNext(Uint8Array.of(1, 2, 3)),
  failed: await provenNext(new Uint8Array(200_000)),
} as const;

function flipped(bytes: Uint8Array, at = 7): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 1;
  return copy;
}

/** What the verifier of proofs says, for a verifier that is told these things. */
function saying(
  { slot, proof }: Proven,
  changes: Partial<Parameters<typeof verifyProof>[0]> = {},
): string {
  const { inbox, body } = slot.input;
  const { result } = slot.evaluated;
  const { terms } = log;
  const verdict = verifyProof({ proof, result, module, terms, inbox, body, ...changes });
  return verdict.ok ? "accepted" : verdict.reason;
}

/** The proof with some of its statement changed. */
function changedProof({ proof }: Proven, change: (own: SlotProofParts) => Partial<SlotProofParts>) {
  const own = slotProofRecord.decode(proof);
  return slotProofRecord.encode({ ...own, ...change(own) });
}

type Change<Parts> = (own: Parts) => Partial<Parts>;

const digest = new Uint8Array(32).fill(9);

const statementChanges: Readonly<Record<string, readonly [Change<SlotProofParts>, RegExp]>> = {
  key: [({ key }) => ({ key: flipped(key) }), /^KEY_MISMATCH/],
  module: [(own) => ({ module: flipped(own.module) }), /^MODULE_MISMATCH/],
  "gas limit": [({ gasLimit }) => ({ gasLimit: gasLimit + 1 }), /^another gas limit/],
  "smaller gas limit": [({ gasLimit }) => ({ gasLimit: gasLimit - 1 }), /gas limit|gasUsed/],
  "memory limit": [() => ({ memoryPagesMax: 3 }), /^another memory limit/],
  "slot 0": [() => ({ first: 1 }), /^another slot/],
  "root before": [({ preRoot }) => ({ preRoot: flipped(preRoot) }), /^ROOT_MISMATCH: .*pre/],
  "root after": [({ postRoot }) => ({ postRoot: flipped(postRoot) }), /^ROOT_MISMATCH: .*post/],
  inbox: [({ inboxHash }) => ({ inboxHash: flipped(inboxHash) }), /^INBOX_MISMATCH/],
  exit: [({ exit }) => ({ exit: 1 - exit }), /^EXIT_MISMATCH: .*exit/],
  "gas used": [({ gasUsed }) => ({ gasUsed: gasUsed - 1 }), /^EXIT_MISMATCH: .*gasUsed/],
  "returned hash": [() => ({ returnedHash: digest }), /^RETURNED_MISMATCH: .*returnedHash/],
  "returned length": [
    ({ returnedLength }) => ({ returnedLength: returnedLength + 1 }),
    /^RETURNED_MISMATCH: .*returnedLength/,
  ],
};

test("the untouched proofs are accepted, one ok and one failed", () => {
  const exitOf = ({ proof }: Proven): number => slotProofRecord.decode(proof).exit;
  expect([exitOf(proven.ok), exitOf(proven.failed)]).toEqual([exits.ok, exits.failed]);
  expect([saying(proven.ok), saying(proven.failed)]).toEqual(["accepted", "accepted"]);
});

const kinds = ["ok", "failed"] as const;
const cases = kinds.flatMap((kind) =>
  Object.keys(statementChanges).map((field) => [kind, field] as const),
);

test.each(cases)("%s: a statement with another %s is refused by that name", (kind, field) => {
  const [change, expected] = statementChanges[field]!;
  expect(saying(proven[kind], { proof: changedProof(proven[kind], change) })).toMatch(expected);
});

test("limits that the verifier is told as well are refused by what they change", () => {
  const { terms } = log;
  for (const kind of kinds) {
    const more = { ...terms, gasLimit: terms.gasLimit + 1 };
    const gas = changedProof(proven[kind], ({ gasLimit, gasUsed, exit }) => ({
      gasLimit: gasLimit + 1,
      gasUsed: exit === exits.ok ? gasUsed : gasUsed + 1,
    }));
    expect(saying(proven[kind], { proof: gas, terms: more }), kind).toMatch(/^STARK_REFUSED/);
    const larger = { ...terms, memoryLimit: 3 * 65_536 };
    const memory = changedProof(proven[kind], () => ({ memoryPagesMax: 3 }));
    const wider = prepareModule(log.module, 3);
    const told = { proof: memory, terms: larger };
    expect(saying(proven[kind], { ...told, module: wider }), kind).toMatch(
      /^(STARK_REFUSED|PROGRAM_ROW)/,
    );
    expect(saying(proven[kind], told), kind).toMatch(/^MODULE_MISMATCH/);
  }
});

test("a gas limit that just suffices, or just does not, is no way to the other exit", () => {
  const { terms } = log;
  const { gasUsed } = slotProofRecord.decode(proven.ok.proof);
  for (const gasLimit of [gasUsed, gasUsed - 1]) {
    const claimed = changedProof(proven.ok, ({ preRoot }) => ({
      ...{ gasLimit, exit: exits.failed, gasUsed: gasLimit, postRoot: preRoot },
      ...{ returnedHash: null, returnedLength: 0 },
    }));
    const said = saying(proven.ok, { proof: claimed, terms: { ...terms, gasLimit } });
    expect(said).toMatch(gasLimit === gasUsed ? /^EXIT_MISMATCH: .*exit/ : /^STARK_REFUSED/);
  }
});

test("an inbox with any other byte, in any other place of the log, is refused by that name", () => {
  for (const kind of kinds) {
    const own = inboxRecord.decode(proven[kind].slot.input.inbox);
    const others = [
      { ...own, slot: own.slot + 1 },
      { ...own, timestamp: own.timestamp + 1 },
      { ...own, sender: { ...own.sender, id: flipped(own.sender.id) } },
      { ...own, tags: [...own.tags].reverse().concat({ name: "A", value: "" }) },
      { ...own, data: flipped(own.data!, 1) },
      { ...own, data: null },
    ].map((other) => inboxRecord.encode(other));
    for (const inbox of others) {
      expect(saying(proven[kind], { inbox })).toMatch(/^INBOX_MISMATCH/);
      // And where the statement says so too, the words on the bus are others.
      const proof = changedProof(proven[kind], () => ({ inboxHash: inboxHashOf(inbox) }));
      expect(saying(proven[kind], { inbox, proof })).toMatch(
        /^(STARK_REFUSED|RECEPTION|PROGRAM_ROW)/,
      );
    }
  }
});

test("the module of another process is refused by that name", async () => {
  const other = prepareModule(await moduleOf("chat"), log.limits.memoryPagesMax);
  for (const kind of kinds) {
    expect(saying(proven[kind], { module: other })).toMatch(/^MODULE_MISMATCH/);
    const proof = changedProof(proven[kind], () => ({ module: other.id }));
    expect(saying(proven[kind], { module: other, proof })).toMatch(/^(STARK_REFUSED|PROGRAM_ROW)/);
  }
});

/** Each field of a result, the line of the receipt's verdict that is invalid, and what it says. */
const resultChanges: Readonly<Record<keyof Result, readonly [Change<Result>, string, RegExp]>> = {
  rules: [() => ({ rules: 2 }), "result", /rules 2/],
  process: [(own) => ({ process: flipped(own.process) }), "result", /process/],
  slot: [({ slot }) => ({ slot: slot + 1 }), "result", /slot/],
  entryHash: [(own) => ({ entryHash: flipped(own.entryHash) }), "result", /entryHash/],
  messageId: [(own) => ({ messageId: flipped(own.messageId) }), "result", /messageId/],
  module: [(own) => ({ module: flipped(own.module) }), "result", /module/],
  inboxHash: [(own) => ({ inboxHash: flipped(own.inboxHash) }), "result", /inboxHash/],
  preRoot: [(own) => ({ preRoot: flipped(own.preRoot) }), "proof", /preRoot/],
  postRoot: [(own) => ({ postRoot: flipped(own.postRoot) }), "proof", /postRoot/],
  outputHash: [() => ({ outputHash: digest }), "result", /outputHash/],
  outboxRoot: [() => ({ outboxRoot: digest }), "result", /outboxRoot/],
  outboxCount: [({ outboxCount }) => ({ outboxCount: outboxCount + 1 }), "result", /outboxCount/],
  gasUsed: [({ gasUsed }) => ({ gasUsed: gasUsed - 1 }), "proof", /gasUsed/],
  exit: [({ exit }) => ({ exit: 1 - exit }), "result", /exit|outputHash/],
};

/** Lines of a receipt's verdict that are invalid, each with its detail. */
function invalidLines(kind: "ok" | "failed", change: Change<Result>): [string, string][] {
  const { slot, proof } = proven[kind];
  const own = resultRecord.decode(slot.evaluated.result);
  const result = resultRecord.encode({ ...own, ...change(own) });
  const receipt = { ...log.receipt(slot, proof), result };
  const { ok, checks } = verifyReceipt(receiptBytes(receipt), {});
  const invalid = checks.filter(({ status }) => status === "invalid");
  expect(ok).toBe(invalid.length === 0);
  return invalid.map(({ name, detail }) => [name, detail]);
}

test("a receipt whose result has another field is refused by that name", () => {
  for (const kind of kinds) {
    expect(
      invalidLines(kind, () => ({})),
      kind,
    ).toEqual([]);
    for (const [field, [change, line, detail]] of Object.entries(resultChanges)) {
      const invalid = invalidLines(kind, change);
      // Of a failed result both roots must be the same, which is checked without any proof.
      const isRoot = kind === "failed" && /Root$/.test(field);
      const [expectedLine, expected] = isRoot ? ["result", /Root/] : [line, detail];
      expect(invalid[0]?.[0], `${kind}: ${field}`).toBe(expectedLine);
      expect(invalid[0]?.[1], `${kind}: ${field}`).toMatch(expected);
    }
  }
});

test("outputs with another byte, of another length or none at all are refused with the output named", () => {
  const { slot, proof } = proven.ok;
  const receipt = log.receipt(slot, proof);
  const output = receipt.output!;
  for (const other of [flipped(output, output.length - 1), output.subarray(1), null]) {
    const { checks } = verifyReceipt(receiptBytes({ ...receipt, output: other }), {});
    const [line] = checks.filter(({ status }) => status === "invalid");
    expect(line?.name).toBe("result");
  }
});
