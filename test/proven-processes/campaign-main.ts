/**
 * One process of the campaign `zkvm-processes`: every slot is proven from the root that the one before
 * left, and proof and receipt are verified. Prints one line of JSON; what does not hold is thrown.
 *
 * @module
 */

import { argv, cpuUsage, stdout } from "node:process";
import { equalBytes } from "../../src/base/bytes.ts";
import { verifyReceipt } from "../../src/client/verify-receipt.ts";
import { exits, resultRecord } from "../../src/protocol/result.ts";
import { createWasmEngine } from "../../src/stark/kernels/wasm-engine.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { genesisRoot } from "../../src/zkvm/genesis-root.ts";
import { Machine } from "../../src/zkvm/machine/execute.ts";
import { createProver, type Prover, proveSlot } from "../../src/zkvm/prove-slot.ts";
import { segmentRowsMax } from "../../src/zkvm/segment-limits.ts";
import { type PreparedModule, prepareModule, programOf } from "../../src/zkvm/slot-context.ts";
import { proofFault, proofRecordOf, slotInputOf } from "./check-slot.ts";
import { moduleOf, type ProcessName, processNames } from "./modules.ts";
import { type EvaluatedSlot, ProcessLog, receiptBytes } from "./process-log.ts";
import { largeSort, workloadOf } from "./workloads.ts";

interface SlotFigures {
  readonly rows: number;
  readonly segments: number;
  readonly kibibytes: number;
  readonly proveSeconds: number;
  readonly verifySeconds: number;
  readonly failed: boolean;
}

function fail(slot: EvaluatedSlot, what: string): never {
  throw new Error(`slot ${slot.slot} (${JSON.stringify(slot.said.tags)}): ${what}`);
}

/** Rows of the slot's run, and the segments that hold them. */
function lengthOf(
  log: ProcessLog,
  slot: EvaluatedSlot,
  module: PreparedModule,
): Pick<SlotFigures, "rows" | "segments"> {
  if (module.translated === null) return fail(slot, "nothing runs");
  const { limits, first, pre, inbox } = slotInputOf(log, slot, module);
  const program = programOf(module.translated, { first, inbox });
  const machine = new Machine({ program, image: pre, inbox, gasLimit: limits.gasLimit });
  let [rows, segments] = [0, 0];
  for (let isOver = false; !isOver; segments++) {
    const run = machine.run(segmentRowsMax);
    rows += run.steps.length;
    isOver = run.border === null;
  }
  return { rows, segments };
}

async function provenSlot(
  log: ProcessLog,
  slot: EvaluatedSlot,
  { prover, module }: { readonly prover: Prover; readonly module: PreparedModule },
): Promise<SlotFigures> {
  const start = performance.now();
  const made = await proveSlot(prover, slotInputOf(log, slot, module));
  const provenAt = performance.now();
  const proof = proofRecordOf(made);
  const fault = proofFault(log, slot, { proof, module });
  if (fault !== null) fail(slot, fault);
  const verifiedAt = performance.now();
  const receipt = verifyReceipt(receiptBytes(log.receipt(slot, proof)), { require: "step-proven" });
  if (!receipt.ok) fail(slot, JSON.stringify(receipt.checks));
  return {
    ...lengthOf(log, slot, module),
    kibibytes: Math.ceil(proof.length / 1024),
    proveSeconds: (provenAt - start) / 1000,
    verifySeconds: (verifiedAt - provenAt) / 1000,
    failed: resultRecord.decode(slot.evaluated.result).exit === exits.failed,
  };
}

async function proveAll(name: ProcessName, isLarge: boolean): Promise<void> {
  const { terms, messages } = isLarge ? largeSort() : workloadOf(name);
  const log = new ProcessLog(await moduleOf(name), terms);
  const module = prepareModule(log.module, log.limits.memoryPagesMax);
  const memoryBytes = 2 ** 31;
  const prover = await createProver(await createWasmEngine({ memoryBytes }), new StateKernel());
  let root = genesisRoot(log.module);
  const slots: SlotFigures[] = [];
  const prove = async (slot: EvaluatedSlot): Promise<void> => {
    const { preRoot, postRoot } = resultRecord.decode(slot.evaluated.result);
    if (!equalBytes(preRoot, root)) fail(slot, "begins from another root");
    slots.push(await provenSlot(log, slot, { prover, module }));
    root = postRoot;
  };
  await prove(log.spawn());
  for (const said of messages) await prove(log.append(said));
  const { user, system } = cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  stdout.write(`${JSON.stringify({ name: isLarge ? `${name}-1000` : name, cpuSeconds, slots })}\n`);
}

const [, , wanted = "", size] = argv;
const name = processNames.find((one) => one === wanted);
if (name === undefined) throw new Error(`no process ${wanted}`);
await proveAll(name, size === "large");
