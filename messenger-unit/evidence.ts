/**
 * Evidence for results (spec/05-log.md §4): what a process's own compute units attest. A result is
 * believed once as many distinct units as the spawn demands have signed the very same bytes, each
 * unit at the address that the spawn names. A unit that lies, or whose signature fails, has no
 * voice.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { SignatureClaim, SignatureVerifier } from "../src/crypto/signature.ts";
import type { Logger } from "../src/node/logger.ts";
import { attestationClaim, attestationRecord } from "../src/protocol/attestation.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { checkEvaluation, type Evaluation } from "../src/protocol/evaluation.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { type Result, resultDigestOf } from "../src/protocol/result.ts";
import type { Directory, Located, NamedCompute } from "./directory.ts";

/** An evaluation that the process's own quorum stands behind. */
export interface Believed {
  readonly evaluation: Evaluation;
  readonly result: Result;
  /** Canonical attestations of the quorum. */
  readonly attestations: readonly Uint8Array[];
}

/** Consecutive slots of one process, and how long to wait for the first. */
export interface SlotRun {
  readonly from: number;
  readonly count: number;
  readonly waitMs: number;
}

interface Vote {
  readonly evaluation: Evaluation;
  readonly result: Result;
  readonly attestation: Uint8Array;
}

/**
 * Why requests end that are not needed any more; made once, for a trace costs more than an abort.
 */
const settled = new Error("the quorum is there");

/** Votes for one slot, by the result's digest. */
type Ballot = Map<string, Vote[]>;

export class EvidenceGatherer {
  readonly #directory: Directory;
  readonly #verifier: SignatureVerifier;
  readonly #logger: Logger;

  constructor(options: {
    readonly directory: Directory;
    readonly verifier: SignatureVerifier;
    readonly logger: Logger;
  }) {
    this.#directory = options.directory;
    this.#verifier = options.verifier;
    this.#logger = options.logger;
  }

  /**
   * The believed evaluations from the run's first slot on, without gaps, as soon as there is one;
   * none where the wait is over. Rejects with `UNAVAILABLE` where fewer units answer than must
   * agree.
   */
  async gather(located: Located, run: SlotRun, signal: AbortSignal): Promise<readonly Believed[]> {
    const { compute } = located.terms;
    const units = await this.#directory.computesOf(compute.units);
    if (units.length < compute.count || compute.count === 0) {
      throw new ProtocolError("UNAVAILABLE", {
        process: idText(located.process),
        expected: `${compute.count} of the compute units that the process names`,
        got: units.length,
      });
    }
    const ballots = Array.from({ length: run.count }, (): Ballot => new Map());
    const enough = new AbortController();
    const limit = AbortSignal.any([signal, enough.signal]);
    try {
      return await this.#poll(located, { run, units, ballots, signal: limit });
    } finally {
      enough.abort(settled);
    }
  }

  /** Asks all units at once, and ends at the first answer that completes a quorum. */
  #poll(
    located: Located,
    poll: {
      readonly run: SlotRun;
      readonly units: readonly NamedCompute[];
      readonly ballots: readonly Ballot[];
      readonly signal: AbortSignal;
    },
  ): Promise<readonly Believed[]> {
    const { run, units, ballots, signal } = poll;
    const quorum = located.terms.compute.count;
    return new Promise((resolve, reject) => {
      let left = units.length;
      let answered = 0;
      let failure: unknown = null;
      const end = (): void => {
        const decided = decidedOf(ballots, quorum);
        left--;
        if (decided.length > 0) resolve(decided);
        else if (left === 0 && answered >= quorum) resolve([]);
        else if (left === 0) reject(failure);
      };
      for (const unit of units) {
        this.#votesOf(unit, located, run, signal).then(
          (votes) => {
            answered++;
            for (const [i, vote] of votes.entries()) cast(ballots[i], vote);
            end();
          },
          (error: unknown) => {
            failure = error;
            end();
          },
        );
      }
    });
  }

  /** One unit's voice for the slots of a run, in order, as far as it has one that counts. */
  async #votesOf(
    { unit, address }: NamedCompute,
    located: Located,
    run: SlotRun,
    signal: AbortSignal,
  ): Promise<readonly Vote[]> {
    const { process } = located;
    const { from, count: limit, waitMs } = run;
    const query = { from, limit, waitMs, signal };
    const evaluations = await unit.call((client) => client.evaluations(process, query));
    const votes: Vote[] = [];
    const claims: SignatureClaim[] = [];
    try {
      for (const [i, evaluation] of evaluations.slice(0, limit).entries()) {
        if (evaluation.attestation === null) break;
        const { vote, claim } = readVote(evaluation, located, { slot: from + i, address });
        votes.push(vote);
        claims.push(claim);
      }
      await this.#verify(claims);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#logger.warn("compute unit not believed", { url: unit.url, error });
      throw new ProtocolError(
        "UNAVAILABLE",
        { unit: unit.url, cause: error.code },
        { cause: error },
      );
    }
    return votes;
  }

  /** One signature stands for a whole batch of results, so equal claims are verified once. */
  async #verify(claims: readonly SignatureClaim[]): Promise<void> {
    const distinct: SignatureClaim[] = [];
    for (const claim of claims) {
      const last = distinct.at(-1);
      const isSame =
        last !== undefined &&
        equalBytes(last.payload, claim.payload) &&
        equalBytes(last.signature, claim.signature);
      if (!isSame) distinct.push(claim);
    }
    const verdicts = await this.#verifier.verify(distinct);
    if (verdicts.every((verdict) => verdict)) return;
    throw new ProtocolError("ATTESTATION_INVALID", { expected: "a signature that holds" });
  }
}

/** Reads one evaluation as the word of a unit on a slot. Throws where it is not. */
export function readVote(
  evaluation: Evaluation,
  located: Located,
  expected: { readonly slot: number; readonly address: Digest },
): { readonly vote: Vote; readonly claim: SignatureClaim } {
  const result = checkEvaluation(evaluation);
  const { process, terms } = located;
  const wrong =
    (!equalBytes(result.process, process) && "process") ||
    (result.slot !== expected.slot && "slot") ||
    (!equalBytes(result.module, terms.module) && "module") ||
    (result.rules !== terms.rules && "rules");
  if (wrong) {
    throw new ProtocolError("PROVENANCE_RESULT", {
      field: wrong,
      expected: `slot ${expected.slot} of ${idText(process)}`,
      got: `slot ${result.slot} of ${idText(result.process)}`,
    });
  }
  const bytes = evaluation.attestation ?? new Uint8Array(0);
  const attestation = attestationRecord.decode(bytes);
  if (!equalBytes(attestation.unit, expected.address)) {
    throw new ProtocolError("ATTESTATION_INVALID", {
      expected: idText(expected.address),
      got: idText(attestation.unit),
    });
  }
  const claim = attestationClaim(attestation, evaluation.result);
  return { vote: { evaluation, result, attestation: bytes }, claim };
}

function cast(ballot: Ballot | undefined, vote: Vote): void {
  const key = idText(resultDigestOf(vote.evaluation.result));
  const votes = ballot?.get(key);
  if (votes === undefined) ballot?.set(key, [vote]);
  else votes.push(vote);
}

/**
 * What has its quorum, from the first slot on. Each unit votes once, so votes are distinct units.
 */
function decidedOf(ballots: readonly Ballot[], quorum: number): readonly Believed[] {
  const decided: Believed[] = [];
  for (const ballot of ballots) {
    const votes = [...ballot.values()].find((some) => some.length >= quorum);
    const [first] = votes ?? [];
    if (votes === undefined || first === undefined) break;
    const { evaluation, result } = first;
    const attestations = votes.slice(0, quorum).map(({ attestation }) => attestation);
    decided.push({ evaluation, result, attestations });
  }
  return decided;
}
