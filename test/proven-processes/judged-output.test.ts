/**
 * A machine that returns what is no output is ok to the proof and failed in the result. Whoever holds
 * the log and the proof comes to that one verdict: the proof says what was returned, and the judge is
 * the same function everywhere.
 *
 * @module
 */

import { expect, test, vi } from "vitest";
import { outboxRootOf } from "../../src/protocol/outbox.ts";
import { outputHashOf, outputRecord } from "../../src/protocol/output.ts";
import { exits, resultRecord } from "../../src/protocol/result.ts";
import { slotProofRecord } from "../../src/protocol/slot-proof.ts";
import { createWasmEngine } from "../../src/stark/kernels/wasm-engine.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { compileAssemblyScript, processFlags } from "../../src/testing/assembly-script.ts";
import { createProver, proveSlot } from "../../src/zkvm/prove-slot.ts";
import { prepareModule } from "../../src/zkvm/slot-context.ts";
import { stepExits } from "../../src/zkvm/statement.ts";
import { proofFault, proofRecordOf, slotInputOf } from "./check-slot.ts";
import { ProcessLog } from "./process-log.ts";

vi.setConfig({ testTimeout: 180_000 });

const emptyOutput = outputRecord.encode({
  ...{ output: new Uint8Array(), messages: [], spawns: [], logs: [] },
});

/** The last byte of the inbox, which is the last one of the data, says what is returned. */
const source = `
const valid: StaticArray<u8> = [${emptyOutput.join()}, 0];
let inbox: StaticArray<u8> = new StaticArray<u8>(0);
let count: u32 = 0;

export function alloc(length: i32): i32 {
  inbox = new StaticArray<u8>(length);
  return <i32>changetype<usize>(inbox);
}

export function handle(length: i32): i64 {
  const action = inbox[length - 1];
  count += 1;
  let at = changetype<usize>(valid);
  let size = ${emptyOutput.length};
  if (action == 1) size += 1;
  else if (action == 2) size -= 1;
  else if (action == 3) at += 1;
  else if (action == 4) size = 0;
  else if (action == 5) size = 3 << 20;
  return (<i64>at << 32) | size;
}
`;

const wrong = { longer: 1, shorter: 2, other: 3, none: 4 } as const;

const module = await compileAssemblyScript(source, [...processFlags, "--use", "abort="]);
const log = new ProcessLog(module, { gasLimit: 50_000, memoryPagesMax: 4 });
const prepared = prepareModule(module, log.limits.memoryPagesMax);
const prover = await createProver(
  await createWasmEngine({ memoryBytes: 2 ** 29 }),
  new StateKernel(),
);
log.spawn();

test.each(Object.entries(wrong))(
  "an output that is %s is ok to the machine, failed in the result, and nothing else",
  async (_, action) => {
    const slot = log.append({ tags: {}, data: Uint8Array.of(action) });
    const result = resultRecord.decode(slot.evaluated.result);
    expect([result.exit, slot.evaluated.diagnostic?.reason]).toEqual([exits.failed, "output"]);
    const made = await proveSlot(prover, slotInputOf(log, slot, prepared));
    expect(made.statement.exit).toBe(stepExits.ok);
    const proof = proofRecordOf(made);
    const faultOf = (bytes: Uint8Array, own = proof): string | null =>
      proofFault(
        log,
        { ...slot, evaluated: { ...slot.evaluated, result: bytes } },
        { proof: own, module: prepared },
      );
    expect(faultOf(slot.evaluated.result)).toBeNull();
    const succeeded = {
      ...result,
      ...{ exit: exits.ok, gasUsed: made.statement.gasUsed, postRoot: made.statement.postRoot },
      outputHash: outputHashOf(made.returned!),
      outboxRoot: outboxRootOf([]),
    };
    expect(faultOf(resultRecord.encode(succeeded))).toMatch(/^another result: /);
    const moved = { ...result, postRoot: made.statement.postRoot };
    expect(faultOf(resultRecord.encode(moved))).toBe("another result: postRoot");
    const told = slotProofRecord.decode(proof);
    const failure = slotProofRecord.encode({
      ...told,
      ...{ exit: exits.failed, gasUsed: told.gasLimit, postRoot: told.preRoot },
      ...{ returnedHash: null, returnedLength: 0 },
    });
    expect(faultOf(slot.evaluated.result, failure)).toMatch(/^EXIT_MISMATCH: /);
  },
);

test("an output beyond memory has failed for the machine as well", async () => {
  const slot = log.append({ tags: {}, data: Uint8Array.of(5) });
  expect(resultRecord.decode(slot.evaluated.result).exit).toBe(exits.failed);
  const made = await proveSlot(prover, slotInputOf(log, slot, prepared));
  expect(made.statement.exit).toBe(stepExits.failed);
  expect(proofFault(log, slot, { proof: proofRecordOf(made), module: prepared })).toBeNull();
});

test("an output that is one is ok in both", async () => {
  const slot = log.append({ tags: {}, data: Uint8Array.of(0) });
  expect(resultRecord.decode(slot.evaluated.result).exit).toBe(exits.ok);
  const made = await proveSlot(prover, slotInputOf(log, slot, prepared));
  expect(proofFault(log, slot, { proof: proofRecordOf(made), module: prepared })).toBeNull();
});
