/**
 * The finality gate (spec/05-log.md §4): says when a head covers an entry, so that the unit speaks for what
 * follows from it. One for each unit; it keeps the newest head of every scheduler, and stops speaking for
 * the processes of one that shows two histories.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { HeadFollower, type HeadMemory } from "../src/client/head-follower.ts";
import { logSource } from "../src/client/log-source.ts";
import { sha256 } from "../src/crypto/hash.ts";
import type { SignatureVerifier } from "../src/crypto/signature.ts";
import { compareHeads, forkInProof, type TwoHeads } from "../src/log/fork-evidence.ts";
import { parseHead } from "../src/log/head.ts";
import type { Logger } from "../src/node/logger.ts";
import type { WitnessStore } from "../src/node/store/ports/witness-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { originOf } from "../src/protocol/head-key.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { type LogEvidence, logEvidenceRecord } from "../src/protocol/log-evidence.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import type { LogSource } from "./log-reader.ts";

/** An entry, where it came from, and what its process demands. */
export interface GatedEntry {
  readonly source: LogSource;
  readonly terms: SpawnTerms;
  readonly process: Digest;
  readonly slot: number;
  /** Canonical bytes. */
  readonly entry: Uint8Array;
}

/** Says when an entry has the finality that the unit demands before it speaks for what follows from it. */
export interface FinalityGate {
  /** True once it is covered; false where it never will be, nobody waits any more, or the unit ends. Never rejects. */
  covered(entry: GatedEntry, signal: AbortSignal): Promise<boolean>;
  stop(): void;
}

export interface HeadGateOptions {
  readonly network: Digest;
  readonly verifier: SignatureVerifier;
  /** What was seen of each log, and what convicts its keeper. */
  readonly store: WitnessStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** After a path that does not lead to the head. */
const retryMs = 1_000;

export class HeadGate implements FinalityGate {
  readonly #options: HeadGateOptions;
  /** By the scheduler's address. */
  readonly #logs = new Map<string, FollowedLog>();
  readonly #stopping = new AbortController();

  constructor(options: HeadGateOptions) {
    this.#options = options;
  }

  /** Schedulers that showed two histories. */
  get conflictCount(): number {
    return [...this.#logs.values()].filter(({ follower }) => follower.conflict !== null).length;
  }

  async covered(
    { source, terms, process, slot, entry }: GatedEntry,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, logger } = this.#options;
    const follower = this.#followerOf(source);
    const demanded = terms.witness === null ? {} : { quorum: terms.witness };
    while (!signal.aborted && !this.#stopping.signal.aborted) {
      try {
        // Not the gate's own signal, which thousands would listen to: `stop` ends all waits of the follower.
        return (await follower.covered({ process, slot, entry }, { signal, ...demanded })) !== null;
      } catch (error) {
        if (follower.conflict !== null || !(error instanceof ProtocolError)) return false;
        logger.error("a receipt of another entry", { process: idText(process), slot, error });
        const ended = AbortSignal.any([this.#stopping.signal, signal]);
        await clock.sleep(retryMs, ended).catch(() => undefined);
      }
    }
    return false;
  }

  stop(): void {
    this.#stopping.abort();
    for (const { follower } of this.#logs.values()) follower.stop();
  }

  #followerOf(source: LogSource): HeadFollower {
    const key = idText(source.address);
    const known = this.#logs.get(key);
    if (known !== undefined) {
      known.source = source;
      return known.follower;
    }
    const { network, verifier, clock, logger, store } = this.#options;
    const at = { source };
    const { address: scheduler } = source;
    const follower = new HeadFollower({
      client: { receipts: (query, wait) => at.source.client.receipts(query, wait) },
      owner: { network, scheduler },
      verifier,
      clock,
      memory: storedMemory(store, originOf(network, scheduler)),
      onConflict: ({ known: before, other, consistency }) => {
        logger.error("a log has two histories: nothing of it is attested any more", {
          scheduler: key,
        });
        const heads = { headKey: before.headKey, earlier: before.note, later: other.note };
        void this.#keepEvidence(at.source, heads, consistency).catch((error: unknown) =>
          logger.error("no evidence of two histories", { scheduler: key, error }),
        );
      },
      onFailure: (error) => logger.warn("no head", { url: at.source.client.unit.url, error }),
    });
    this.#logs.set(key, Object.assign(at, { follower }));
    return follower;
  }

  /** Makes of two heads a file that convicts, if proof or tiles show it, and keeps it. */
  async #keepEvidence(
    source: LogSource,
    heads: TwoHeads,
    consistency: readonly Uint8Array[],
  ): Promise<void> {
    const evidence = forkInProof(heads, consistency) ?? (await shownByTiles(source, heads));
    const file = logEvidenceRecord.encode(evidence);
    await this.#options.store.keepEvidence(sha256(file), file);
  }
}

async function shownByTiles(source: LogSource, heads: TwoHeads): Promise<LogEvidence> {
  const finding = await compareHeads(heads, logSource(source.client.unit).tile);
  if (finding.kind === "forked") return finding.evidence;
  throw new Error(`the tiles show that it has ${finding.kind}`);
}

interface FollowedLog {
  readonly follower: HeadFollower;
  source: LogSource;
}

/** The newest head of a log, in the store. */
function storedMemory(store: WitnessStore, origin: string): HeadMemory {
  let kept = 0;
  return {
    load: async () => {
      const [headKey, head] = await Promise.all([store.headKey(origin), store.head(origin)]);
      if (headKey === null || head === null) return null;
      kept = parseHead(head.note).head.size;
      return { headKey, note: head.note };
    },
    keep: async ({ headKey, note }, { size, root }) => {
      const from = kept;
      kept = size;
      await store.pin(origin, headKey);
      await store.advance(origin, from, { size, root, note });
    },
  };
}
