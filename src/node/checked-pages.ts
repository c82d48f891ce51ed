/**
 * A process's log from a scheduler, page after page, each entry checked as everyone checks it. The page
 * after the one that is handed out is already on its way.
 *
 * Signatures are not verified here: what they stand for is their claims, which come along.
 *
 * @module
 */

import { getContent } from "../client/content.ts";
import type { SchedulerClient } from "../client/scheduler-client.ts";
import { type CheckedEntry, checkEntry, type LogContext } from "../protocol/check.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { checked, ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import type { IsProven } from "../protocol/provenance.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { type EvaluationInput, inputOf } from "../runtime/evaluation-input.ts";

/** Whose log, and from whom. */
export interface LogSource {
  readonly network: Digest;
  readonly process: Digest;
  readonly scheduler: SchedulerClient;
  /** The scheduler's address: the log counts only if the spawn names it. */
  readonly schedulerAddress: Digest;
  /** The last slot; the newest where the log ends before. */
  readonly to: number;
}

/** What its reader has verified of the sender of a message to a process with these terms. */
export type ProvenLookUp = (item: LogItem, terms: SpawnTerms | null) => Promise<IsProven>;

/** A slot of the log. */
export interface LogStep {
  readonly item: LogItem;
  readonly entry: CheckedEntry;
}

/** The log ends before this slot, for its entry is faulty. */
export class LogFault extends Error {
  readonly slot: number;
  override readonly cause: ProtocolError;

  constructor(slot: number, cause: ProtocolError) {
    super(cause.message);
    this.slot = slot;
    this.cause = cause;
  }
}

/** Entries in one page: an answer with data may be 16 MiB then. */
const pageEntries = 64;

/** Yields the pages of a log. Throws `LogFault`, and where the scheduler does not answer. */
export async function* checkedPages(
  source: LogSource,
  provenOf: ProvenLookUp,
): AsyncGenerator<readonly LogStep[]> {
  const { network, process, schedulerAddress, scheduler, to } = source;
  const seen = new Set<string>();
  let log: LogContext = {
    network,
    process,
    scheduler: schedulerAddress,
    terms: null,
    tip: null,
    seen: (id) => seen.has(idText(id)),
  };
  const ask = async (from: number): Promise<readonly LogItem[]> => {
    const limit = Math.min(pageEntries, to + 1 - from);
    return limit <= 0 ? [] : (await scheduler.log(process, { from, limit })).items;
  };
  let from = 0;
  let asked = ask(from);
  for (;;) {
    const items = await asked;
    if (items.length === 0) return;
    from += items.length;
    asked = ask(from);
    // Whoever stops here does not want the next page, nor to hear that it failed.
    asked.catch(() => undefined);
    const steps: LogStep[] = [];
    for (const item of items) {
      const isProven = await provenOf(item, log.terms);
      const entry = checkedStep(item, { ...log, isProven });
      seen.add(idText(entry.message.id));
      log = { ...log, terms: entry.terms, tip: entry.tip };
      steps.push({ item, entry });
    }
    yield steps;
  }
}

function checkedStep(item: LogItem, log: LogContext): CheckedEntry {
  const outcome = checked(() => checkEntry(item, log));
  if (outcome.ok) return outcome.value;
  throw new LogFault(log.tip === null ? 0 : log.tip.slot + 1, outcome.error);
}

/** What is evaluated for a slot. */
export function stepInput({
  item,
  entry: { entry, tip, message, terms },
}: LogStep): EvaluationInput {
  const place = { slot: entry.slot, messageId: message.id, entryHash: tip.entryHash };
  return inputOf({ ...item, ...place }, terms);
}

/** The bytes of the module that a spawn names. Rejects with `MODULE_MISSING`. */
export async function moduleOf(
  scheduler: SchedulerClient,
  { module }: Pick<SpawnTerms, "module">,
): Promise<Uint8Array> {
  const bytes = await getContent(scheduler.unit, module);
  if (bytes === null) throw new ProtocolError("MODULE_MISSING", { module: idText(module) });
  return bytes;
}
