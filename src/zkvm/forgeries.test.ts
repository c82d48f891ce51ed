import { expect, test } from "vitest";
import { createWasmEngine } from "../stark/kernels/wasm-engine.ts";
import { prove } from "../stark/prover.ts";
import { StateKernel } from "../state/kernel.ts";
import { multiproofRoots } from "../state/multiproof.ts";
import { inboxBytes, processModule, SlotRunner } from "../testing/process-slots.ts";
import { slotFaults } from "../testing/slot-tables.ts";
import { hostKinds } from "./chips/buses.ts";
import { encodeSegment, encodeSlotProof } from "./encode-evidence.ts";
import type { Evidence, HostRow, StateBoundary } from "./evidence.ts";
import { fillTables } from "./fill-tables.ts";
import { createProver } from "./prove-slot.ts";
import { starkStatement } from "./slot-context.ts";
import { type StepStatement, stepExits } from "./statement.ts";
import { verifySlot } from "./verify-slot.ts";
import { type SlotWitness, witnessSlot } from "./witness-slot.ts";

const limits = { gasLimit: 8_000_000, memoryPagesMax: 100 };
const module = processModule("counter");
const kernel = new StateKernel();

function honestSlot(): { witness: SlotWitness; inbox: Uint8Array; pages: number } {
  const runner = new SlotRunner(module, limits);
  runner.run(inboxBytes(0, 3, {}));
  const inbox = inboxBytes(1, 3, { Action: "Increment" });
  const pre = runner.image();
  const witness = witnessSlot(kernel, { module, limits, first: false, pre, inbox });
  if (witness === null) throw new Error("the counter runs");
  return { witness, inbox, pages: pre.memory.length / 65_536 };
}

const { witness, inbox, pages } = honestSlot();
const traces = fillTables(witness.run, witness.program, limits.gasLimit);

interface Forgery {
  readonly evidence: Evidence;
  readonly statement?: Partial<StepStatement>;
}

function withEnd(change: Partial<HostRow>, statement: Partial<StepStatement> = {}): Forgery {
  const end = { ...witness.evidence.end, ...change };
  return { evidence: { ...witness.evidence, end }, statement };
}

/** Changes the boundary and computes the roots that then fit. */
function withBoundary(change: (boundary: StateBoundary) => StateBoundary): Forgery {
  const boundary = change(witness.evidence.boundary);
  const walk = multiproofRoots({ ...boundary, contents: [boundary.pre, boundary.post] });
  const [preRoot, postRoot] = walk.ok ? walk.roots : [];
  return {
    evidence: { ...witness.evidence, boundary },
    statement: { preRoot: preRoot!, postRoot: postRoot! },
  };
}

/** A place in the contents of a word that the run touched, outside of what it returned. */
const touchedWord = witness.evidence.boundary.times.findIndex((time) => time > 0);

function changedWord(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[4 * touchedWord] = copy[4 * touchedWord]! ^ 1;
  return copy;
}

function changedAt(words: Uint32Array, at: number, value: number): Uint32Array {
  const copy = words.slice();
  copy[at] = value;
  return copy;
}

const failure: Partial<StepStatement> = {
  exit: stepExits.failed,
  gasUsed: limits.gasLimit,
  postRoot: witness.statement.preRoot,
  returnedHash: null,
  returnedLength: 0,
};

const reception = witness.evidence.reception!;

const forgeries: Readonly<Record<string, Forgery>> = {
  "another word before": withBoundary((own) => ({ ...own, pre: changedWord(own.pre) })),
  "another word after": withBoundary((own) => ({ ...own, post: changedWord(own.post) })),
  "another time of a word": withBoundary((own) => ({
    ...own,
    times: changedAt(own.times, touchedWord, own.times[touchedWord]! - 1),
  })),
  "less gas": withEnd({ gas: 1 }, { gasUsed: 1 }),
  "no bytes returned": withEnd({ aLow: 0 }),
  "a trap": withEnd({ operation: 1 }, failure),
  "an access out of bounds": withEnd({ kind: hostKinds.outOfBounds }, failure),
  "too little stack": withEnd({ kind: hostKinds.outOfStack }, failure),
  "too much gas": withEnd({ kind: hostKinds.outOfGas, gas: limits.gasLimit + 1 }, failure),
  "an earlier end": withEnd({ clock: witness.evidence.end.clock - 4 }),
  "no inbox": { evidence: { ...witness.evidence, reception: null } },
  "an inbox at another address": {
    evidence: {
      ...witness.evidence,
      reception: { ...reception, row: { ...reception.row, aLow: reception.row.aLow ^ 4 } },
    },
  },
  "an inbox over something else": {
    evidence: {
      ...witness.evidence,
      reception: { ...reception, oldWords: changedAt(reception.oldWords, 0, 12_345) },
    },
  },
  "a row executed once more": {
    evidence: {
      ...witness.evidence,
      uses: witness.evidence.uses.map((use, i) =>
        i === 9 ? { ...use, count: use.count + 1 } : use,
      ),
    },
  },
  "a row left out": {
    evidence: { ...witness.evidence, uses: witness.evidence.uses.filter((_, i) => i !== 9) },
  },
};

function forged({ evidence, statement }: Forgery): SlotWitness {
  return { ...witness, evidence, statement: { ...witness.statement, ...statement } };
}

test("the honest tables satisfy all constraints and balance all buses", () => {
  expect(slotFaults(witness, traces, { inbox, pages })).toEqual([]);
});

test.each(Object.keys(forgeries))("%s leaves a bus unbalanced", (name) => {
  expect(slotFaults(forged(forgeries[name]!), traces, { inbox, pages })).not.toEqual([]);
});

test("an inbox of other bytes and another page count leave a bus or a row wrong", () => {
  const other = inbox.slice();
  other[20] = other[20]! ^ 1;
  expect(slotFaults(witness, traces, { inbox: other, pages })).not.toEqual([]);
  expect(slotFaults(witness, traces, { inbox, pages: pages + 1 })).not.toEqual([]);
});

test("proofs of forged statements are refused by the verifier", async () => {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 29 });
  const prover = await createProver(engine, kernel);
  for (const name of ["another word after", "an access out of bounds", "less gas"]) {
    const lie = forged(forgeries[name]!);
    const about = starkStatement(lie, { inbox, pages });
    const stark = await engine.scoped(async () =>
      (await prove(engine, prover.key, { traces, statement: about })).slice(),
    );
    const { statement, evidence } = lie;
    const verdict = verifySlot({
      module,
      inbox,
      statement,
      proof: encodeSlotProof([encodeSegment(evidence, stark)]),
    });
    expect(verdict.ok ? "accepted" : verdict.reason.code, name).toBe("STARK_REFUSED");
  }
});

test("boundaries that no state tree has are refused before the proof is looked at", () => {
  const { evidence, statement } = witness;
  const refusal = (boundary: Partial<StateBoundary>): string => {
    const lie = { ...evidence, boundary: { ...evidence.boundary, ...boundary } };
    const proof = encodeSlotProof([encodeSegment(lie, new Uint8Array(4))]);
    const verdict = verifySlot({ module, inbox, statement, proof });
    return verdict.ok ? "accepted" : verdict.reason.code;
  };
  const { indices, siblings, pre } = evidence.boundary;
  expect(refusal({ indices: changedAt(indices, 1, indices[0]!) })).toBe("BOUNDARY");
  expect(refusal({ indices: changedAt(indices, 1, 2 ** 23 - 1) })).toBe("BOUNDARY");
  expect(refusal({ indices: changedAt(indices, indices.indexOf(2 ** 23), 2 ** 23 + 9) })).toBe(
    "BOUNDARY",
  );
  expect(refusal({ siblings: siblings.subarray(32) })).toBe("BOUNDARY");
  expect(refusal({ pre: changedWord(pre) })).toBe("ROOT_MISMATCH");
});
