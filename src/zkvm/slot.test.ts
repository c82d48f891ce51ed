import { expect, test } from "vitest";
import { createWasmEngine } from "../stark/kernels/wasm-engine.ts";
import { imageRoot } from "../state/image-root.ts";
import { StateKernel } from "../state/kernel.ts";
import { addressOf, inboxBytes, processModule, SlotRunner } from "../testing/process-slots.ts";
import { createProver, proveSlot, type SlotProof } from "./prove-slot.ts";
import { prepareModule } from "./slot-context.ts";
import { type StepStatement, stepExits } from "./statement.ts";
import { verifySlot } from "./verify-slot.ts";
import type { SlotInput } from "./witness-slot.ts";

const limits = { gasLimit: 8_000_000, memoryPagesMax: 100 };
const engine = await createWasmEngine({ memoryBytes: 2 ** 30 });
const prover = await createProver(engine, new StateKernel());

interface ProvenSlot extends SlotProof {
  readonly input: SlotInput;
}

function refusalOf(proven: ProvenSlot, changes: object = {}): string {
  const { module, inbox } = proven.input;
  const { statement, proof } = proven;
  const verdict = verifySlot({ module, inbox, statement, proof, ...changes });
  return verdict.ok ? "accepted" : verdict.reason.code;
}

/** Proves the next slot of a process and holds it against the runtime. */
async function proveNext(runner: SlotRunner, input: Omit<SlotInput, "pre">): Promise<ProvenSlot> {
  const pre = runner.image();
  const outcome = runner.run(input.inbox);
  const full = { ...input, pre };
  const proven = { ...(await proveSlot(prover, full)), input: full };
  const { statement, returned } = proven;
  expect(statement.preRoot).toEqual(imageRoot(pre));
  expect(statement.postRoot).toEqual(imageRoot(runner.image()));
  expect(statement.exit).toBe(outcome.ok ? stepExits.ok : stepExits.failed);
  expect(statement.gasUsed).toBe(outcome.ok ? outcome.gasUsed : input.limits.gasLimit);
  expect(returned).toEqual(outcome.ok ? outcome.returned : null);
  expect(refusalOf(proven)).toBe("accepted");
  return proven;
}

async function proveTransfer(): Promise<ProvenSlot> {
  const moduleBytes = processModule("token");
  const runner = new SlotRunner(moduleBytes, limits);
  await proveNext(runner, {
    module: moduleBytes,
    limits,
    first: true,
    inbox: inboxBytes(0, 0, {}),
  });
  const tags = { Action: "Transfer", Recipient: addressOf(5), Quantity: "1000" };
  const inbox = inboxBytes(1, 0, tags);
  return proveNext(runner, { module: moduleBytes, limits, first: false, inbox });
}

const transfer = await proveTransfer();

test("a token's genesis and a transfer are proven with the runtime's state, gas and output", () => {
  expect(transfer.statement.exit).toBe(stepExits.ok);
  expect(transfer.proof.length).toBeLessThanOrEqual(800 * 1024);
});

test("counter's messages are proven one after the other, each from the root before", async () => {
  const moduleBytes = processModule("counter");
  const runner = new SlotRunner(moduleBytes, limits);
  let root: Uint8Array | null = null;
  for (const [slot, tags] of [{}, { Action: "Increment" }, { Action: "Count" }].entries()) {
    const inbox = inboxBytes(slot, 3, tags);
    const proven = await proveNext(runner, {
      module: moduleBytes,
      limits,
      first: slot === 0,
      inbox,
    });
    if (root !== null) expect(proven.statement.preRoot).toEqual(root);
    root = proven.statement.postRoot;
  }
});

test("runs that trap and runs out of gas are proven to have failed", async () => {
  const moduleBytes = processModule("counter");
  const short = { ...limits, gasLimit: 5000 };
  const slots = [
    { limits, inbox: new Uint8Array(8) },
    { limits: short, inbox: inboxBytes(0, 3, {}) },
  ];
  for (const { limits: own, inbox } of slots) {
    const runner = new SlotRunner(moduleBytes, own);
    const input = { module: moduleBytes, limits: own, first: true, inbox };
    const proven = await proveNext(runner, input);
    expect(proven.statement.exit).toBe(stepExits.failed);
    expect(proven.statement.postRoot).toEqual(proven.statement.preRoot);
    const claimed = { ...proven.statement, exit: stepExits.ok };
    expect(refusalOf(proven, { statement: claimed })).toBe("EXIT_MISMATCH");
  }
});

test("a module that no evaluation runs has a proof without a run", async () => {
  const moduleBytes = Uint8Array.of(0, 97, 115, 109);
  const pre = { memory: new Uint8Array(65_536), globals: new BigUint64Array() };
  const input = { module: moduleBytes, limits, first: true, pre, inbox: new Uint8Array(4) };
  const proven = { ...(await proveSlot(prover, input)), input };
  expect(proven.statement.exit).toBe(stepExits.failed);
  expect(refusalOf(proven)).toBe("accepted");
  const statement = { ...proven.statement, gasUsed: 1 };
  expect(refusalOf(proven, { statement })).toBe("EXIT_MISMATCH");
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ 1;
  return copy;
}

test("every field of the statement is bound: a change of any is refused", () => {
  const { statement } = transfer;
  const changes: Record<string, Partial<StepStatement>> = {
    key: { key: flipped(statement.key, 0) },
    module: { module: flipped(statement.module, 31) },
    gasLimit: { limits: { ...limits, gasLimit: limits.gasLimit + 1 } },
    lessGas: { limits: { ...limits, gasLimit: statement.gasUsed } },
    memoryPagesMax: { limits: { ...limits, memoryPagesMax: 99 } },
    first: { first: true },
    preRoot: { preRoot: flipped(statement.preRoot, 0) },
    inboxHash: { inboxHash: flipped(statement.inboxHash, 5) },
    exit: { exit: stepExits.failed },
    failed: { exit: 1, gasUsed: limits.gasLimit, postRoot: statement.preRoot, returnedHash: null },
    gasUsed: { gasUsed: statement.gasUsed - 1 },
    postRoot: { postRoot: flipped(statement.postRoot, 3) },
    sameRoot: { postRoot: statement.preRoot },
    returnedHash: { returnedHash: flipped(statement.returnedHash!, 0) },
    noHash: { returnedHash: null },
    returnedLength: { returnedLength: statement.returnedLength + 1 },
  };
  for (const [name, change] of Object.entries(changes)) {
    const got = refusalOf(transfer, { statement: { ...statement, ...change } });
    expect(got, name).not.toBe("accepted");
  }
});

test("another module and another inbox are refused, each with its own code", () => {
  const { module, inbox } = transfer.input;
  expect(refusalOf(transfer, { module: processModule("counter") })).toBe("MODULE_MISMATCH");
  expect(refusalOf(transfer, { module: flipped(module as Uint8Array, 900) })).toBe(
    "MODULE_MISMATCH",
  );
  expect(refusalOf(transfer, { inbox: flipped(inbox, 40) })).toBe("INBOX_MISMATCH");
});

test("a changed word anywhere in the proof is refused, and so is a proof cut short or longer", () => {
  const { proof } = transfer;
  const module = prepareModule(transfer.input.module as Uint8Array, limits.memoryPagesMax);
  const places = Array.from({ length: 16 }, (_, i) => Math.floor((i * proof.length) / 16));
  for (const at of [...places, 4, 8, 12, proof.length - 1]) {
    expect(refusalOf(transfer, { module, proof: flipped(proof, at) }), `byte ${at}`).not.toBe(
      "accepted",
    );
  }
  for (const length of [0, 1, 4, 100, proof.length - 4]) {
    expect(refusalOf(transfer, { module, proof: proof.subarray(0, length) }), `${length}`).not.toBe(
      "accepted",
    );
  }
  const longer = new Uint8Array(proof.length + 4);
  longer.set(proof);
  expect(refusalOf(transfer, { proof: longer })).toBe("PROOF_ENCODING");
});

test("a module prepared once serves many verifications, under its own limit only", () => {
  const module = prepareModule(transfer.input.module as Uint8Array, limits.memoryPagesMax);
  expect(refusalOf(transfer, { module })).toBe("accepted");
  const other = prepareModule(transfer.input.module as Uint8Array, 99);
  expect(refusalOf(transfer, { module: other })).toBe("MODULE_MISMATCH");
});

test("hostile statements get a verdict, not an exception", () => {
  const { statement } = transfer;
  for (const hostile of [null, undefined, 7, {}, { ...statement, limits: null }]) {
    expect(refusalOf(transfer, { statement: hostile })).toBe("STATEMENT_FIELD");
  }
  for (const gasUsed of [Number.NaN, -1, 1.5, 2 ** 40, "1"]) {
    expect(refusalOf(transfer, { statement: { ...statement, gasUsed } })).toBe("STATEMENT_FIELD");
  }
  expect(refusalOf(transfer, { proof: "proof" })).toBe("STATEMENT_FIELD");
  expect(refusalOf(transfer, { module: null })).toBe("STATEMENT_FIELD");
});
