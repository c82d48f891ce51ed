/**
 * What must hold when a run has come to rest, judged from the disks alone: logs are walked as everyone
 * walks them, evaluated again from their genesis by an honest machine, and everything that any unit
 * stored or said is held against that.
 *
 * @module
 */

import { EvaluationWork } from "../../compute-unit/index.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { leafHash, merkleRoot } from "../../src/crypto/merkle.ts";
import { parseHead } from "../../src/log/head.ts";
import type { HeadStore } from "../../src/node/store/ports/head-store.ts";
import type { LogEntry, LogStore } from "../../src/node/store/ports/log-store.ts";
import type { MessageStore } from "../../src/node/store/ports/message-store.ts";
import type { ResultStore } from "../../src/node/store/ports/result-store.ts";
import { attestationClaim, attestationRecord } from "../../src/protocol/attestation.ts";
import { checkEntry, type LogContext } from "../../src/protocol/check.ts";
import { entryRecord } from "../../src/protocol/entry.ts";
import { type Digest, idText } from "../../src/protocol/ids.ts";
import { messageGasMin } from "../../src/protocol/limits.ts";
import { bodyRecord, ownerKinds } from "../../src/protocol/message.ts";
import { type OutboxItem, outboxOf } from "../../src/protocol/outbox.ts";
import { outputRecord } from "../../src/protocol/output.ts";
import { exits, resultRecord } from "../../src/protocol/result.ts";
import { type SpawnTerms, termsOfSpawn } from "../../src/protocol/spawn.ts";
import { inputOf } from "../../src/runtime/evaluation-input.ts";
import type { History } from "./history.ts";
import { hashVerifier } from "./identities.ts";
import type { TestMachine } from "./test-process.ts";

/** What is judged. */
export interface Judged {
  readonly network: Digest;
  readonly scheduler: Digest;
  readonly history: History;
  readonly machineParts: TestMachine;
  readonly log: LogStore;
  readonly heads: HeadStore;
  /** Leaf 0 of the tree. */
  readonly headKey: Uint8Array;
  readonly messages: MessageStore;
  readonly computes: readonly { readonly name: string; readonly results: ResultStore }[];
  /** Ids of what honest clients signed. */
  readonly signed: ReadonlySet<string>;
}

/** One process's log, walked and evaluated by the honest machine. */
interface Replayed {
  readonly id: Digest;
  readonly terms: SpawnTerms;
  readonly entries: readonly LogEntry[];
  /** What each slot sent, by slot. */
  readonly sent: readonly (readonly OutboxItem[])[];
  /** What each slot came to: the canonical result. */
  readonly results: readonly Uint8Array[];
}

/** Adds to the history whatever does not hold. */
export async function judgeRun(judged: Judged): Promise<void> {
  const processes: Replayed[] = [];
  for (const id of await judged.log.processes(null, 1_000)) {
    const replayed = await replay(judged, id);
    if (replayed !== null) processes.push(replayed);
  }
  await judgeAcknowledged(judged);
  await judgeFinality(judged);
  for (const judge of [judgeHeads, judgeEpochs]) {
    await judge(judged).catch((error: unknown) =>
      judged.history.violate("one history", String(error)),
    );
  }
  judgeOrigins(judged, processes);
  for (const process of processes) {
    judgeOrder(judged.history, process);
    await judgeResults(judged, process);
  }
  await judgeStatuses(judged, processes);
}

async function replay(judged: Judged, id: Digest): Promise<Replayed | null> {
  const { history, log } = judged;
  const entries = await log.range(id, 0, 1_000);
  if (!(await walk(judged, id, entries))) return null;
  const [first] = entries;
  if (first === undefined) return null;
  const terms = termsOfSpawn(first.body);
  const [key, spawn] = [idText(id), first.body];
  const work = new EvaluationWork(judged.machineParts);
  const { module } = judged.machineParts;
  work.answer({ kind: "load", process: key, spawn, module, saved: null, deltasFollow: false });
  const inputs = entries.map((entry) => inputOf(entry, terms));
  const answer = work.answer({
    kind: "evaluate",
    process: key,
    spawn,
    inputs,
    checkpoint: false,
    module: null,
  });
  if (answer.kind !== "evaluated") throw new RangeError(`honest machine: ${answer.kind}`);
  const sent = answer.outputs.map(({ output, result }, slot) => {
    const parent = bodyRecord.decode(entries[slot]?.body ?? new Uint8Array(0));
    const { gasUsed } = resultRecord.decode(result);
    const source = { process: id, slot, terms, parent, gasUsed };
    return output === null ? [] : outboxOf(outputRecord.decode(output), source);
  });
  work.answer({ kind: "drop", process: key });
  history.reach("log replayed");
  return { id, terms, entries, sent, results: answer.outputs.map(({ result }) => result) };
}

/** Every entry checked as everyone checks it, signatures included. */
async function walk(judged: Judged, id: Digest, entries: readonly LogEntry[]): Promise<boolean> {
  const { network, scheduler, history } = judged;
  const seen = new Set<string>();
  let log: LogContext = {
    network,
    process: id,
    scheduler,
    terms: null,
    tip: null,
    seen: (message) => seen.has(idText(message)),
  };
  for (const item of entries) {
    try {
      const { tip, terms, message } = checkEntry(item, log);
      const verdicts = await hashVerifier.verify(message.claims);
      if (!verdicts.every((verdict) => verdict)) throw new Error("a signature does not hold");
      seen.add(idText(message.id));
      log = { ...log, tip, terms };
    } catch (error) {
      history.violate(
        "every entry is good",
        `slot ${item.slot} of ${idText(id)}: ${String(error)}`,
      );
      return false;
    }
  }
  return true;
}

/** What was acknowledged is where it was said to be; what was refused is nowhere. */
async function judgeAcknowledged({ history, log }: Judged): Promise<void> {
  for (const { id, process, slot, entry } of history.acknowledged) {
    const stored = await log.entry(bytesOf(process), slot);
    if (stored !== null && equalBytes(stored.entry, entry)) continue;
    history.violate("acknowledged is durable", `${id} at slot ${slot} of ${process}`);
  }
  // A clock that is put back takes what it refused a moment ago: only time itself is to blame.
  const isTimeSound = ![...history.reached.keys()].some((state) => /^clock jump [ms]/.test(state));
  for (const [id, code] of history.refused) {
    if (code === "EXPIRED" && !isTimeSound) continue;
    for (const process of await log.processes(null, 1_000)) {
      if ((await log.slotOf(process, bytesOf(id))) === null) continue;
      history.violate(
        "refused is nowhere",
        `${id}, refused with ${code}, is in ${idText(process)}`,
      );
    }
  }
}

/** Every head that was signed is one of the log as it stands; the newest covers all of it. */
async function judgeHeads({ history, log, heads, headKey }: Judged): Promise<void> {
  const note = await heads.published();
  const size = await log.treeSize();
  if (note === null || parseHead(note).head.size !== size)
    return history.violate("everything is under a head", `${size} leaves`);
  const leaves = [headKey, ...(await log.leaves(1, 1_000)).map(({ entry }) => entry)];
  const hashes = leaves.map(leafHash);
  for (const [count, root] of history.heads) {
    if (equalBytes(merkleRoot(hashes.slice(0, count)), root)) continue;
    history.violate("one history", `a head of ${count} leaves is of another log`);
  }
}

/** Who takes the lease fences those before at once, for all processes: no epoch falls in the tree. */
async function judgeEpochs({ history, log }: Judged): Promise<void> {
  const leaves = await log.leaves(1, 1_000);
  const epochs = leaves.map(({ entry }) => entryRecord.decode(entry).epoch);
  const fallen = epochs.findIndex((epoch, i) => epoch < (epochs[i - 1] ?? 0));
  if (fallen >= 0) history.violate("the later epoch", `leaf ${fallen + 1} is of ${epochs[fallen]}`);
}

/** No unit spoke for what follows from an entry before a head covered it. */
async function judgeFinality({ history, log }: Judged): Promise<void> {
  for (const [place, size] of history.spokenUnder) {
    const [process = "", slot] = place.split(" ");
    const entry = await log.entry(bytesOf(process), Number(slot));
    if (entry !== null && entry.treeIndex < size) continue;
    history.violate("attested is under a head", `slot ${place} under a head of ${size}`);
  }
}

function bytesOf(id: string): Uint8Array {
  return new Uint8Array(Buffer.from(id, "base64url"));
}

/**
 * Exactly once in effect: the logs hold what clients signed and what results sent, each once, and of
 * what results sent everything that can be delivered.
 */
function judgeOrigins({ history, signed }: Judged, processes: readonly Replayed[]): void {
  const expected = new Map<string, OutboxItem>();
  for (const { sent, entries, results } of processes) {
    for (const [slot, items] of sent.entries()) {
      judgeBudget(history, entries[slot], results[slot], items);
      for (const item of items) expected.set(idText(item.id), item);
    }
  }
  const delivered = new Set<string>();
  for (const { id, entries } of processes) {
    for (const { slot, messageId, body } of entries) {
      const message = idText(messageId);
      if (delivered.has(message)) history.violate("exactly once", `${message} is in two logs`);
      delivered.add(message);
      const { owner } = bodyRecord.decode(body);
      const known = owner.kind === ownerKinds.key ? signed : expected;
      const isHonest = known.has(message);
      if (!isHonest) history.violate("nothing forged", `slot ${slot} of ${idText(id)}: ${message}`);
    }
  }
  const known = new Set(processes.map(({ id }) => idText(id)));
  for (const [id, item] of expected) {
    const { target, budget } = item.body;
    const isDeliverable = budget >= messageGasMin && (target === null || known.has(idText(target)));
    if (!isDeliverable) history.reach(budget < messageGasMin ? "budget used up" : "unclaimed");
    if (isDeliverable && target === null) history.reach("spawned by a process");
    if (isDeliverable === delivered.has(id)) continue;
    history.violate(
      "exactly once",
      `${id} of a result is ${isDeliverable ? "nowhere" : "in a log"}`,
    );
  }
}

/** What an evaluation cost and what it gave on is not more than it had. */
function judgeBudget(
  history: History,
  entry: LogEntry | undefined,
  result: Uint8Array | undefined,
  items: readonly OutboxItem[],
): void {
  if (entry === undefined || result === undefined || items.length === 0) return;
  const { budget } = bodyRecord.decode(entry.body);
  const { gasUsed } = resultRecord.decode(result);
  const given = items.reduce((sum, { body }) => sum + body.budget, 0);
  if (given > 0 && gasUsed + given > budget)
    history.violate("budgets bound", `${gasUsed} + ${given} > ${budget}`);
}

/** Every unit came to the same bytes, from whatever state it went on, and signed no others. */
async function judgeResults(judged: Judged, process: Replayed): Promise<void> {
  const { history, computes } = judged;
  for (const { name, results } of computes) {
    for (const [slot, honest] of process.results.entries()) {
      const stored = await results.get(process.id, slot);
      const place = `${name}, slot ${slot} of ${idText(process.id)}`;
      if (stored === null) {
        history.violate("everything is evaluated", place);
        continue;
      }
      if (!equalBytes(stored.result, honest)) {
        history.violate("same log, same roots", place);
        continue;
      }
      if (resultRecord.decode(honest).exit === exits.failed) history.reach("failed evaluation");
      if (stored.attestation === null) {
        history.violate("everything is attested", place);
        continue;
      }
      const attestation = attestationRecord.decode(stored.attestation);
      const [verdict] = await hashVerifier.verify([attestationClaim(attestation, honest)]);
      if (verdict !== true) history.violate("attestations hold", place);
    }
  }
}

/** The messenger knows where each acknowledged message came to stand, and that it was evaluated. */
async function judgeStatuses(judged: Judged, processes: readonly Replayed[]): Promise<void> {
  const { history, messages } = judged;
  for (const { id } of history.acknowledged) {
    const events = (await messages.events(bytesOf(id), 0)).map(({ kind }) => kind);
    if (!events.includes("evaluated")) history.violate("a life is told", `${id}: ${events.join()}`);
  }
  for (const { id: process, sent } of processes) {
    for (const item of sent.flat()) {
      const stored = await messages.get(item.id);
      if (stored === null) {
        history.violate("a life is told", `${idText(item.id)} of ${idText(process)} is unknown`);
      }
    }
  }
}

/** First in, first out: what one result sent to a process comes in in the order of its outbox. */
function judgeOrder(history: History, { id, entries }: Replayed): void {
  const newest = new Map<string, string>();
  for (const { slot, body } of entries) {
    const { owner, anchor } = bodyRecord.decode(body);
    if (owner.kind !== ownerKinds.process) continue;
    // The anchor is the source's slot, eight bytes, and the place in its outbox.
    const place = Buffer.from(anchor).toString("hex");
    const source = `${idText(owner.id)} ${place.slice(0, 16)}`;
    if ((newest.get(source) ?? "") > place)
      history.violate("first in, first out", `slot ${slot} of ${idText(id)}`);
    newest.set(source, place);
  }
}
