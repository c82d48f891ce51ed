/**
 * Two lanes of evaluation workers, so that a process whose messages take long holds up none but its
 * like: the quick lane, and the slow lane, whose one thread has low priority. A process is in one lane
 * at a time; what it costs there decides where it goes next, and a lane changes no result.
 *
 * A worker runs one job after the other, and every process has at most one evaluation in the queue: so
 * within a lane each waits for one slice of time of each other process (`evaluation-work.ts`), and for
 * one message where that alone takes longer. Only who has begun to be loaded goes before the others:
 * else many that are not in memory would push each other out before any of them is evaluated.
 *
 * @module
 */

import type { WorkerPool, WorkerPoolStatus } from "../src/node/worker-pool.ts";
import { gasLimitDefault, memoryLimitDefault } from "../src/protocol/limits.ts";
import { termsOfSpawn } from "../src/protocol/spawn.ts";
import type { EvaluationAnswer, EvaluationJob } from "./evaluation-job.ts";
import { Rest } from "./rest.ts";

type Pool = Pick<
  WorkerPool<EvaluationJob, EvaluationAnswer>,
  "run" | "runNext" | "status" | "close"
>;
type Lane = "quick" | "slow";

/** What is known of a process's cost. */
interface Standing {
  lane: Lane;
  /** It is in a worker's memory, or about to be, and nothing was evaluated since. */
  isBeginning: boolean;
  /** Messages in a row that were quick. */
  quickInRow: number;
  /** As many are asked of it before it is in the quick lane again. */
  quickAsked: number;
  /** Who is given a rest has many messages in a job after it, and takes all the time that a job may. */
  readonly rest: Rest;
}

/** A message that took as long is slow. At the default limits the worst take 5 ms (`bench/README.md`). */
const slowMs = 25;
const quickAskedMin = 32;
/** Doubled with each fall: who is slow once in a while soon stays where it is. */
const quickAskedMax: number = 2 ** 20;
/** Processes whose standing is known; the least recently used begin anew. */
const standingsMax = 100_000;

/**
 * A process that may use more than this in a message begins in the slow lane. 64 MiB: the engine
 * collects garbage for every third growth beyond, 0.3 to 1.5 ms each (Node 20.20).
 */
const quickGasMax: number = 2 * gasLimitDefault;
const quickMemoryMax: number = 4 * memoryLimitDefault;

export class EvaluationLanes {
  readonly #pools: Readonly<Record<Lane, Pool>>;
  readonly #standings = new Map<string, Standing>();

  constructor(pools: { readonly quick: Pool; readonly slow: Pool }) {
    this.#pools = pools;
  }

  /** A job's answer, from the lane that its process is in. Rejects as `WorkerPool.run` does. */
  async run(key: string, job: EvaluationJob): Promise<EvaluationAnswer> {
    const standing = this.#standingOf(key, job);
    const { lane } = standing;
    const pool = this.#pools[lane];
    const answer = await (standing.isBeginning ? pool.runNext(key, job) : pool.run(key, job));
    standing.isBeginning = isBegun(job, answer);
    // A replay must end in the lane where it began; an answer from a lane that the process has left
    // meanwhile says nothing new.
    const counts = job.kind !== "replay" && lane === standing.lane;
    if (counts && answer.kind === "evaluated" && this.#judge(standing, answer)) {
      await this.#leave(lane, key);
    }
    return answer;
  }

  /** Of both lanes together. */
  status(): WorkerPoolStatus {
    const [quick, slow] = [this.#pools.quick.status(), this.#pools.slow.status()];
    return {
      waiting: quick.waiting + slow.waiting,
      running: quick.running + slow.running,
      serving: quick.serving + slow.serving,
      answered: quick.answered + slow.answered,
      deaths: quick.deaths + slow.deaths,
    };
  }

  /** Processes in the slow lane, for metrics. */
  get slowCount(): number {
    let count = 0;
    for (const { lane } of this.#standings.values()) if (lane === "slow") count++;
    return count;
  }

  async close(): Promise<void> {
    await Promise.all([this.#pools.quick.close(), this.#pools.slow.close()]);
  }

  #standingOf(key: string, job: EvaluationJob): Standing {
    const standing = this.#standings.get(key) ?? beginning(job);
    this.#standings.delete(key);
    this.#standings.set(key, standing);
    if (this.#standings.size > standingsMax) {
      const [oldest] = this.#standings.keys();
      if (oldest !== undefined) this.#standings.delete(oldest);
    }
    return standing;
  }

  /** Takes note of what messages cost; true where the process changes its lane. */
  #judge(
    standing: Standing,
    { outputs, ms }: Extract<EvaluationAnswer, { kind: "evaluated" }>,
  ): boolean {
    standing.rest.note(outputs);
    if (ms < slowMs * outputs.length && !standing.rest.isDue) {
      standing.quickInRow += outputs.length;
      if (standing.lane === "quick" || standing.quickInRow < standing.quickAsked) return false;
      standing.lane = "quick";
      return true;
    }
    standing.quickInRow = 0;
    if (standing.lane === "slow") return false;
    standing.lane = "slow";
    standing.quickAsked = Math.min(2 * standing.quickAsked, quickAskedMax);
    return true;
  }

  /** The other lane loads it when it is asked; nothing of it stays behind. */
  async #leave(lane: Lane, key: string): Promise<void> {
    // A lane that cannot be told has lost its worker, and with it the process.
    await this.#pools[lane].run(key, { kind: "drop", process: key }).catch(() => undefined);
  }
}

function beginning(job: EvaluationJob): Standing {
  const lane = "spawn" in job && mayBeSlow(job.spawn) ? "slow" : "quick";
  return { lane, isBeginning: false, quickInRow: 0, quickAsked: quickAskedMin, rest: new Rest() };
}

/** True where the next job goes on with what this one began: cold, it is loaded, then replayed. */
function isBegun(job: EvaluationJob, answer: EvaluationAnswer): boolean {
  return answer.kind === "cold" || answer.kind === "loaded" || job.kind === "replay";
}

function mayBeSlow(spawn: Uint8Array): boolean {
  const { gasLimit, memoryLimit } = termsOfSpawn(spawn);
  return gasLimit > quickGasMax || memoryLimit > quickMemoryMax;
}
