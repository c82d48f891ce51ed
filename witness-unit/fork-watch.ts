/**
 * What a witness makes of a head that does not go on from the one that it cosigned (spec/16-evidence.md §3): evidence
 * that convicts, where the request itself shows a fork, or else the tiles that the scheduler serves do. A
 * proof that fails shows nothing, so that without tiles there is none.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { sha256 } from "../src/crypto/hash.ts";
import type { AddCheckpoint } from "../src/log/add-checkpoint.ts";
import { compareHeads, forkInProof, type TwoHeads } from "../src/log/fork-evidence.ts";
import { accusationOf } from "../src/log/log-watch.ts";
import type { TileSource } from "../src/log/tree-proofs.ts";
import type { Logger } from "../src/node/logger.ts";
import type { CosignedHead, WitnessStore } from "../src/node/store/ports/witness-store.ts";
import type { LogEvidence } from "../src/protocol/log-evidence.ts";

/** Between two looks at the tiles of one log: whoever has its heads may show them again and again. */
const lookEveryMs = 1_000;
/** Kept of one log in one run: the first convicts its keeper, and they could sign without end. */
const piecesMax = 8;

export interface ForkWatchOptions {
  /** The tiles of each scheduler that the operator named. */
  readonly tiles: readonly TileSource[];
  readonly store: Pick<WitnessStore, "keepEvidence">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A head that was refused, and the one that it should go on from. */
export interface RefusedHead {
  readonly headKey: Uint8Array;
  readonly known: CosignedHead;
  readonly request: AddCheckpoint;
}

export class ForkWatch {
  readonly #options: ForkWatchOptions;
  /** By origin: pieces that were kept, and when its tiles may be looked at again. */
  readonly #logs = new Map<string, { pieces: number; notBefore: number }>();
  readonly #looks = new Set<Promise<void>>();
  #isEnded = false;

  constructor(options: ForkWatchOptions) {
    this.#options = options;
  }

  /**
   * Told of a head under the log's key. What the request shows is durable when this resolves; tiles are
   * looked at after that.
   */
  async met({ headKey, known, request }: RefusedHead): Promise<void> {
    const { origin } = request.signed.head;
    const log = this.#logs.get(origin) ?? { pieces: 0, notBefore: Number.NEGATIVE_INFINITY };
    this.#logs.set(origin, log);
    if (log.pieces >= piecesMax) return;
    const heads = { headKey, earlier: known.note, later: request.note };
    const shown = forkInProof(heads, request.proof);
    if (shown !== null && (await this.#keep(shown))) {
      log.pieces++;
      return;
    }
    const { clock } = this.#options;
    if (clock.monotonic() < log.notBefore) return;
    log.notBefore = Number.POSITIVE_INFINITY;
    const look = this.#look(heads, origin)
      .then((isKept) => {
        if (isKept) log.pieces++;
        log.notBefore = clock.monotonic() + lookEveryMs;
      })
      .finally(() => this.#looks.delete(look));
    this.#looks.add(look);
  }

  /** Resolves when no look is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#looks);
  }

  /** Keeps nothing from now on. */
  stop(): void {
    this.#isEnded = true;
  }

  /** Never rejects. */
  async #look(heads: TwoHeads, origin: string): Promise<boolean> {
    const { tiles, logger } = this.#options;
    let reason = "the tiles are of another tree";
    for (const source of tiles) {
      try {
        const finding = await compareHeads(heads, source);
        if (this.#isEnded) return false;
        if (finding.kind === "forked") return await this.#keep(finding.evidence);
        if (finding.kind === "grown") reason = "it goes on from it all the same";
      } catch (error) {
        reason = String(error);
      }
    }
    logger.warn("no evidence of a head that was refused", { origin, reason });
    return false;
  }

  /** False where its judge does not convict. */
  async #keep(evidence: LogEvidence): Promise<boolean> {
    const accusation = accusationOf(evidence);
    if (accusation === null) return false;
    const { conviction, file } = accusation;
    await this.#options.store.keepEvidence(sha256(file), file);
    const { code, detail } = conviction;
    this.#options.logger.error("a log has two histories", { lie: code, detail });
    return true;
  }
}
