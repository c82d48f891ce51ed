/**
 * The messages behind a log's entries, as a monitor looks at them (spec/16-evidence.md §4): each must be
 * the one that its entry names, be good, and be for a process whose spawn names this scheduler. A
 * message that is not served is no lie: it is said.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import type { SignatureClaim, SignatureVerifier } from "../crypto/signature.ts";
import type { LogOwner } from "../log/check-log-receipt.ts";
import { messageFault } from "../log/check-message-evidence.ts";
import { LogWatch } from "../log/log-watch.ts";
import { referenceSignatures, type Signatures } from "../log/signatures.ts";
import { type Entry, entryRecord } from "../protocol/entry.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { checked } from "../protocol/errors.ts";
import { authorisationHashOf, type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import type { Finding } from "./findings.ts";
import type { SchedulerClient } from "./scheduler-client.ts";

/** A leaf, and its place in the tree. */
interface PlacedLeaf {
  readonly leaf: Uint8Array;
  readonly at: number;
}

/** Whose log it is, and what binds it to a leaf. */
export interface BoundLog {
  readonly owner: LogOwner;
  readonly receiptAt: (treeIndex: number) => Promise<Uint8Array>;
}

interface Suspect extends PlacedLeaf {
  readonly entry: Entry;
  readonly item: LogItem;
  readonly spawn: Uint8Array;
}

const pageEntries = 64;
/** Spawns that are kept; of more the oldest are asked for again. */
const spawnsKept = 10_000;

export class MonitoredMessages {
  readonly #scheduler: Pick<SchedulerClient, "log">;
  readonly #verifier: SignatureVerifier;
  readonly #watch: LogWatch;
  readonly #spawns = new Map<string, Uint8Array>();

  constructor(
    scheduler: Pick<SchedulerClient, "log">,
    verifier: SignatureVerifier,
    signatures: Signatures = referenceSignatures,
  ) {
    this.#scheduler = scheduler;
    this.#verifier = verifier;
    this.#watch = new LogWatch(signatures);
  }

  /** What is wrong with the messages of these leaves. Rejects where the scheduler does not answer. */
  async check(
    leaves: readonly PlacedLeaf[],
    { owner, receiptAt }: BoundLog,
  ): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const [process, placed] of byProcess(leaves)) {
      const spawn = await this.spawnOf(process);
      for (let i = 0; i < placed.length; i += pageEntries) {
        const part = placed.slice(i, i + pageEntries);
        findings.push(...(await this.#checkPart({ process, spawn }, part, { owner, receiptAt })));
      }
    }
    return findings;
  }

  async #checkPart(
    { process, spawn }: { readonly process: Digest; readonly spawn: Uint8Array | null },
    placed: readonly PlacedLeaf[],
    { owner, receiptAt }: BoundLog,
  ): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    const bySlot = await this.#itemsOf(process, placed);
    const suspects: Suspect[] = [];
    for (const { leaf, at } of placed) {
      const entry = entryRecord.decode(leaf);
      const place = `slot ${entry.slot} of ${idText(process)}`;
      const say = (code: string, detail: string): number =>
        findings.push({ code, detail, file: null });
      const item = bySlot.get(entry.slot);
      if (item === undefined || spawn === null) say("MESSAGE_WITHHELD", place);
      else if (!equalBytes(item.entry, leaf)) {
        say("LOG_DIFFERS", `${place} is another entry in its log than in its tree`);
      } else if (!isNamed(item, entry)) say("MESSAGE_WITHHELD", place);
      else suspects.push({ leaf, at, entry, item, spawn });
    }
    for (const { leaf, at, item, spawn: own } of await this.#faulty(suspects, owner)) {
      const accusation = this.#watch.takeMessage({ leaf, receipt: await receiptAt(at) }, item, own);
      if (accusation === null) continue;
      const { code, detail } = accusation.conviction;
      findings.push({ code, detail, file: accusation.file });
    }
    return findings;
  }

  /** Those that are wrong, as far as can be seen without their receipts: all signatures at once. */
  async #faulty(suspects: readonly Suspect[], owner: LogOwner): Promise<readonly Suspect[]> {
    const claims: { readonly claim: SignatureClaim; readonly by: Suspect }[] = [];
    const faulty = new Set<Suspect>();
    for (const suspect of suspects) {
      const { item, spawn, entry } = suspect;
      const { body, authorisation } = item;
      const noting = {
        ...referenceSignatures,
        claim: (claim: SignatureClaim) => claims.push({ claim, by: suspect }) > 0,
      };
      const named = { entry, network: owner.network, body, authorisation, spawn };
      const terms = checked(() => termsOfSpawn(spawn));
      const isForeign = terms.ok && !equalBytes(terms.value.scheduler, owner.scheduler);
      if (isForeign || messageFault(named, noting) !== null) faulty.add(suspect);
    }
    const verdicts = await this.#verifier.verify(claims.map(({ claim }) => claim));
    for (const [i, { by }] of claims.entries()) if (verdicts[i] !== true) faulty.add(by);
    return [...faulty];
  }

  /** What the process's own log says of these slots. */
  async #itemsOf(
    process: Digest,
    placed: readonly PlacedLeaf[],
  ): Promise<ReadonlyMap<number, LogItem>> {
    const slots = placed.map(({ leaf }) => entryRecord.decode(leaf).slot);
    const [from, to] = [Math.min(...slots), Math.max(...slots)];
    const items = new Map<number, LogItem>();
    for (let next = from; next <= to; ) {
      const limit = Math.min(pageEntries, to + 1 - next);
      const page = await this.#scheduler.log(process, { from: next, limit });
      for (const [i, item] of page.items.entries()) items.set(next + i, item);
      if (page.items.length === 0) return items;
      next += page.items.length;
    }
    return items;
  }

  /** The body of a process's spawn; null where it is not served. */
  async spawnOf(process: Digest): Promise<Uint8Array | null> {
    const key = idText(process);
    const known = this.#spawns.get(key);
    if (known !== undefined) return known;
    const { items } = await this.#scheduler.log(process, { from: 0, limit: 1 });
    const body = items[0]?.body ?? null;
    if (body === null || !equalBytes(messageIdOf(body), process)) return null;
    this.#spawns.set(key, body);
    const [oldest] = this.#spawns.keys();
    if (this.#spawns.size > spawnsKept && oldest !== undefined) this.#spawns.delete(oldest);
    return body;
  }
}

function byProcess(leaves: readonly PlacedLeaf[]): ReadonlyMap<Digest, readonly PlacedLeaf[]> {
  const groups = new Map<string, { readonly process: Digest; readonly placed: PlacedLeaf[] }>();
  for (const placed of leaves) {
    const entry = checked(() => entryRecord.decode(placed.leaf));
    if (!entry.ok) continue;
    const { process } = entry.value;
    const group = groups.get(idText(process)) ?? { process, placed: [] };
    group.placed.push(placed);
    groups.set(idText(process), group);
  }
  return new Map([...groups.values()].map(({ process, placed }) => [process, placed]));
}

/** The message and authorisation are those that the entry names. */
function isNamed({ body, authorisation }: LogItem, entry: Entry): boolean {
  return (
    equalBytes(messageIdOf(body), entry.messageId) &&
    equalBytes(authorisationHashOf(authorisation), entry.authorisationHash)
  );
}
