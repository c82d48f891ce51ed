/**
 * Draining (spec/09-http.md §1): a unit that is drained takes nothing new, finishes what it has, says
 * how far it is, and ends. Nothing depends on it, since what was acknowledged is durable anyway; it spares
 * senders a retry and the next start its catching up.
 *
 * Only a signal of this machine begins it: SIGUSR2, which needs the unit's own user.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { HttpError } from "../http/http-error.ts";
import type { Route } from "../http/router.ts";
import type { Logger } from "../logger.ts";

export type Left = Readonly<Record<string, number>>;

/** What of draining is a unit's own. */
export interface DrainPart {
  /** What is refused from then on: what brings something, or every route of the unit's own. */
  readonly refuses: "writes" | "all";
  /**
   * Resolves when what was begun is finished or can only be gone on with after the next start; at the
   * latest soon after the signal aborts.
   */
  readonly finish: (signal: AbortSignal) => Promise<void>;
  /** What is not finished, by name; after `finish` what the store keeps for the next start. */
  readonly left: () => Promise<Left>;
}

/** A unit that keeps nothing open between two requests. */
export const nothingToFinish: DrainPart = {
  refuses: "writes",
  finish: () => Promise.resolve(),
  left: () => Promise.resolve({}),
};

export interface UnitDrainOptions {
  readonly part: DrainPart;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what is left each time that is looked at. */
  readonly onProgress: (state: "draining" | "drained", left: Left) => void;
  /** Ends the unit. */
  readonly end: () => Promise<void>;
  /** How long what was begun may take to finish; what is left then is in the store. */
  readonly limitMs?: number;
}

export const drainLimitMs = 60_000;
const lookMs = 100;

export class UnitDrain {
  readonly #options: UnitDrainOptions;
  #draining: Promise<void> | null = null;
  /** Requests that brought something and are not answered yet. */
  #requests = 0;

  constructor(options: UnitDrainOptions) {
    this.#options = options;
  }

  get isDraining(): boolean {
    return this.#draining !== null;
  }

  /** The routes, refusing from the beginning of the drain on what the unit's part says. */
  guard(routes: readonly Route[]): readonly Route[] {
    return routes.map((route) => {
      const isWrite = route.method !== "GET";
      if (!isWrite && this.#options.part.refuses === "writes") return route;
      return {
        ...route,
        handler: async (request) => {
          if (this.isDraining) throw new HttpError("DRAINING", { expected: "another request" });
          if (!isWrite) return route.handler(request);
          this.#requests++;
          try {
            return await route.handler(request);
          } finally {
            this.#requests--;
          }
        },
      };
    });
  }

  /** Begins to drain; whoever asks again has the same end. */
  begin(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const { part, clock, logger, onProgress, end, limitMs = drainLimitMs } = this.#options;
    logger.info("draining");
    const limit = new AbortController();
    const finished = new AbortController();
    const outOfTime = clock.sleep(limitMs, finished.signal).then(
      () => limit.abort(new Error("out of time")),
      () => undefined,
    );
    const telling = this.#tell(finished.signal);
    const finish = async (): Promise<void> => {
      while (this.#requests > 0 && !limit.signal.aborted) await clock.sleep(lookMs / 4);
      await part.finish(limit.signal);
    };
    // What could not be finished is in the store: the unit ends all the same.
    const finishing = finish().catch((error) => logger.error("not all was finished", { error }));
    await Promise.race([finishing, outOfTime]);
    finished.abort();
    await telling;
    const left = await this.#left();
    logger.info("drained", { isInTime: !limit.signal.aborted, ...left });
    onProgress("drained", left);
    await end();
  }

  async #tell(finished: AbortSignal): Promise<void> {
    const { clock, onProgress } = this.#options;
    while (!finished.aborted) {
      onProgress("draining", await this.#left());
      await clock.sleep(lookMs, finished).catch(() => undefined);
    }
  }

  /** What is not nought. A store that cannot say it is no reason to stay. */
  async #left(): Promise<Left> {
    const own = await this.#options.part.left().catch(() => ({}));
    const all = { requests: this.#requests, ...own };
    return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
  }
}
