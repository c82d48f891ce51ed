/**
 * Puts a receipt together (spec/09-http.md §5.2) from what the units answer. Nothing is checked here:
 * that is for whoever reads the receipt (`verify-receipt.ts`).
 *
 * @module
 */

import { envelopeRecord, type LogItem } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Evaluation } from "../protocol/evaluation.ts";
import { type Digest, idText, parseId } from "../protocol/ids.ts";
import { logPageEntriesMax } from "../protocol/limits.ts";
import { type Receipt, receiptRecord } from "../protocol/receipt.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import type { ComputeClient } from "./compute-client.ts";
import type { Connection } from "./connect.ts";
import { getContent } from "./content.ts";
import { cosignaturesWaitMs, headWaitMs } from "./head-lines.ts";
import type { SchedulerClient } from "./scheduler-client.ts";

/** The receipt of a message that the connected messenger knows, as of now. */
export async function collectReceipt(
  connection: Connection,
  message: string,
  cosignatures = 0,
): Promise<Receipt> {
  const status = await connection.messenger.status(parseId(message, "message"));
  const { slot } = status;
  if (slot === null) throw new ProtocolError("SLOT_UNKNOWN", { message });
  const process = parseId(status.process, "process");
  const { scheduler, items, spawn, own } = await logOf(connection, process, slot);
  const module = termsOfSpawn(spawn.body).module;
  const bytes = await getContent(scheduler.unit, module);
  if (bytes === null) throw new ProtocolError("MODULE_MISSING", { module: idText(module) });
  const { evaluations, proof } = await answersOf(connection.computes, process, slot);
  const [first] = evaluations;
  if (first === undefined) throw new ProtocolError("RESULT_PENDING", { asked: slot });
  return {
    process,
    slot,
    spawn: envelopeOf(spawn),
    message: slot === 0 ? null : envelopeOf(own),
    entries: items,
    module: bytes,
    result: first.result,
    output: first.output,
    attestations: evaluations.flatMap(({ attestation }) => attestation ?? []),
    proof,
    head: await scheduler.receipt(process, slot, {
      waitMs: cosignatures === 0 ? headWaitMs : cosignaturesWaitMs,
      cosignatures,
    }),
  };
}

/** The same, as the file that it is kept in. */
export async function collectedReceipt(
  connection: Connection,
  message: string,
): Promise<Uint8Array> {
  return receiptRecord.encode(await collectReceipt(connection, message));
}

function envelopeOf({ body, authorisation, data }: LogItem): Uint8Array {
  return envelopeRecord.encode({ body, authorisation, data });
}

/** The entries up to a slot, and the first and last of them with their messages. */
async function logOf(
  { schedulers }: Connection,
  process: Digest,
  slot: number,
): Promise<{
  readonly scheduler: SchedulerClient;
  readonly items: readonly Uint8Array[];
  readonly spawn: LogItem;
  readonly own: LogItem;
}> {
  for (const scheduler of schedulers) {
    const spawn = await scheduler.spawnOf(process);
    if (spawn === null) continue;
    const items = [spawn.entry];
    let own = spawn;
    while (items.length <= slot) {
      const limit = Math.min(logPageEntriesMax, slot + 1 - items.length);
      const page = await scheduler.log(process, { from: items.length, limit });
      items.push(...page.items.map(({ entry }) => entry));
      own = page.items.at(-1) ?? own;
      if (page.items.length === 0) throw new ProtocolError("SLOT_UNKNOWN", { slot });
    }
    return { scheduler, items, spawn, own };
  }
  throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
}

/** What the compute units that answer say of the slot, and the proof of one that has it. */
async function answersOf(
  computes: readonly ComputeClient[],
  process: Digest,
  slot: number,
): Promise<{ readonly evaluations: readonly Evaluation[]; readonly proof: Uint8Array | null }> {
  const evaluations: Evaluation[] = [];
  let proof: Uint8Array | null = null;
  let silence: unknown = null;
  for (const compute of computes) {
    try {
      const found = await compute.evaluation(process, slot);
      if (found !== null) evaluations.push(found);
      if (found?.proof.state === "proven") proof ??= await compute.proof(process, slot);
    } catch (error) {
      silence = error;
    }
  }
  if (evaluations.length === 0 && silence !== null) throw silence;
  return { evaluations, proof };
}
