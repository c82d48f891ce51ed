/**
 * Deterministic simulation of a whole network: a messenger, one or two instances of a scheduler and two
 * compute units, through bad times and into good ones. A seed is a run: what it decides happens again.
 *
 * @module
 */

import { withAbortSignals } from "./abort-signals.ts";
import { Chaos } from "./chaos.ts";
import { History, type Violation } from "./history.ts";
import { judgeRun } from "./judgement.ts";
import { SimulatedNetwork } from "./network.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { Site } from "./site.ts";
import { testMachine } from "./test-process.ts";
import { Workload } from "./workload.ts";

/** What came of a run. */
export interface RunReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Of everything that happened, in order. */
  readonly hash: string;
  readonly lines: readonly string[];
  /** States that were reached, and how often. */
  readonly reached: ReadonlyMap<string, number>;
  readonly eventCount: number;
}

export interface RunOptions {
  readonly bug?: PlantedBug | null;
  /** What happens to the disks between the run and its judgement. */
  readonly afterwards?: (site: Site, history: History) => void;
}

/** Good times last at most so long until all is done. */
const limit = { ms: 4 * 60_000, events: 60_000 };

/** Runs a seed. Never rejects for what the units do. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunReport> {
  const { bug = null, afterwards } = options;
  const time = new SimulatedTime();
  const history = new History(time);
  const random = (stream: number): SeededRandom => new SeededRandom(seed, stream);
  const wire = new SimulatedNetwork({ time, random: random(1), history });
  const machineParts = await testMachine();
  const site = new Site({ time, history, wire, machineParts, bug, random });
  const chaos = new Chaos({ site, wire, time, history, random: random(2) });
  const workload = new Workload({ ...site.workloadParts, random: random(3) });
  await withUnhandled(history, () =>
    withAbortSignals(time, async () => {
      const story = play({ time, site, chaos, workload });
      const isOver = await time.run(story, limit);
      if (!isOver) history.violate("comes to rest", (await site.unrest()) || "a client waits");
      site.leave();
    }),
  );
  afterwards?.(site, history);
  await judgeSite(site, history, workload);
  const { violations, lines, reached } = history;
  return { seed, violations, hash: history.hash(), lines, reached, eventCount: time.eventCount };
}

async function play(parts: {
  readonly time: SimulatedTime;
  readonly site: Site;
  readonly chaos: Chaos;
  readonly workload: Workload;
}): Promise<void> {
  const { time, site, chaos, workload } = parts;
  chaos.begin();
  site.start();
  const clients = workload.run();
  await chaos.run();
  site.calm();
  await clients;
  for (let round = 0; ; round++) {
    if (round % 10 === 0) await site.look();
    if ((await site.unrest()) === "") return;
    await time.passed(500);
  }
}

/** A promise that nobody waits for and that fails ends a unit in production. */
async function withUnhandled(history: History, run: () => Promise<void>): Promise<void> {
  const others = process.listeners("unhandledRejection");
  const onUnhandled = (error: unknown): void => {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    history.violate("nothing is left unhandled", detail);
  };
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", onUnhandled);
  try {
    await run();
  } finally {
    process.off("unhandledRejection", onUnhandled);
    for (const other of others) process.on("unhandledRejection", other);
  }
}

async function judgeSite(site: Site, history: History, workload: Workload): Promise<void> {
  const { network, scheduler, machineParts } = site.workloadParts;
  const { disks } = site;
  const { log, heads } = site.onDisk("scheduler", disks.scheduler.disk);
  const { messages } = site.onDisk("messenger", disks.messenger.disk);
  const computes = (["compute-0", "compute-1"] as const).map((name) => {
    const { results } = site.onDisk("compute", disks[name].disk);
    return { name, results };
  });
  const { signed } = workload;
  const parts = { network, scheduler, history, machineParts, signed };
  const { headKey } = site;
  await site.onlookers.judge(log).catch((error: unknown) => {
    history.violate("onlookers can look on", String(error));
  });
  return judgeRun({ ...parts, log, heads, headKey, messages, computes });
}
