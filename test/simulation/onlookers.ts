/**
 * Those who look on while a run goes by, as they are in production: a monitor that looks at every head, a
 * witness that is asked to cosign each, and clients that hold a receipt of every entry under the first
 * head that covers it, and every attested result. They accuse nobody who is honest, whatever crashes.
 *
 * @module
 */

import { LogMirror } from "../../src/client/log-mirror.ts";
import { LogMonitor } from "../../src/client/log-monitor.ts";
import type { MonitorStore } from "../../src/client/monitor-store.ts";
import { MonitoredMessages } from "../../src/client/monitored-messages.ts";
import { ResultWatch } from "../../src/client/result-watch.ts";
import type { SchedulerClient } from "../../src/client/scheduler-client.ts";
import { parseHead } from "../../src/log/head.ts";
import { judgeCheckpoint } from "../../src/log/judge-checkpoint.ts";
import { LogWatch } from "../../src/log/log-watch.ts";
import { tileWidth } from "../../src/log/tiles.ts";
import { TiledTree } from "../../src/log/tree-proofs.ts";
import type { LogStore } from "../../src/node/store/ports/log-store.ts";
import { headKeyRecord } from "../../src/protocol/head-key.ts";
import type { History } from "./history.ts";
import { hashSignatures, hashVerifier } from "./identities.ts";

/** A head, and the leaves that the scheduler's disk had when it was shown. */
interface ShownHead {
  readonly note: Uint8Array;
  readonly leaves: Promise<readonly Uint8Array[]>;
}

const leavesMax = 1_000;

export class Onlookers {
  readonly #history: History;
  readonly #headKey: Uint8Array;
  readonly #heads: ShownHead[] = [];

  constructor(history: History, headKey: Uint8Array) {
    this.#history = history;
    this.#headKey = headKey;
  }

  /** A head is shown to everyone. `log` is read as it is now. */
  headShown(note: Uint8Array, log: LogStore): void {
    const entries = log.leaves(1, leavesMax);
    const leaves = entries.then((read) => [this.#headKey, ...read.map(({ entry }) => entry)]);
    this.#heads.push({ note, leaves });
  }

  /** What they make of it all; `log` is the log as it stands in the end. */
  async judge(log: LogStore): Promise<void> {
    await this.#monitor(log);
    await this.#witness();
    await this.#clients();
    this.#results();
  }

  #accuse(who: string, detail: string): void {
    this.#history.violate("an honest unit is never accused", `${who}: ${detail}`);
  }

  async #monitor(log: LogStore): Promise<void> {
    let shown: ShownHead | undefined;
    const store = forgetful();
    const read = async (): Promise<readonly Uint8Array[]> => (await shown?.leaves) ?? [];
    const source = {
      url: "http://scheduler.test",
      checkpoint: async () => shown?.note ?? null,
      headKey: async () => this.#headKey,
      tile: async (place: Parameters<LogMirror["tile"]>[0]) => mirrorOf(await read()).tile(place),
      leaves: async ({ index, width }: { readonly index: number; readonly width: number }) => {
        const from = index * tileWidth;
        return (await read()).slice(from, from + width);
      },
    };
    const messages = new MonitoredMessages(logClient(log), hashVerifier, hashSignatures);
    const options = { source, store, messages, signatures: hashSignatures };
    const monitor = await LogMonitor.open({ ...options, seenByOthers: async () => [] });
    for (shown of this.#heads) {
      for (const { code, detail } of await monitor.look()) {
        // Clocks jump here, and a timestamp is a claim of nobody else's.
        if (code !== "TIME_FAR") this.#accuse("monitor", `${code}: ${detail}`);
      }
    }
    // Another one, that begins when all is over.
    const late = await LogMonitor.open({
      ...options,
      store: forgetful(),
      seenByOthers: async () => this.#heads.map(({ note }) => note),
    });
    for (const { code, detail } of shown === undefined ? [] : await late.look()) {
      if (code !== "TIME_FAR") this.#accuse("late monitor", `${code}: ${detail}`);
    }
    if (this.#heads.length > 0) this.#history.reach("monitor looked");
  }

  async #witness(): Promise<void> {
    const { origin, headKey } = headKeyRecord.decode(this.#headKey);
    const log = { name: origin, publicKey: headKey };
    let known: { readonly size: number; readonly root: Uint8Array } | null = null;
    for (const { note, leaves } of this.#heads) {
      const signed = parseHead(note);
      const { size } = signed.head;
      const oldSize: number = known?.size ?? 0;
      const isLater = oldSize > 0 && oldSize < size;
      const tree = new TiledTree(size, mirrorOf((await leaves).slice(0, size)).tile);
      const proof = isLater ? await tree.consistency(oldSize) : [];
      const asked = { oldSize, proof, signed, note };
      // An instance that was slow shows a head that another has gone on from.
      if (oldSize > size) continue;
      const verdict = judgeCheckpoint(asked, log, known, hashSignatures.head);
      if (verdict.kind === "good") known = signed.head;
      else this.#accuse("witness", `${verdict.kind} head of ${size} after ${oldSize}`);
    }
  }

  /** Every client has the receipt of its entry, under the first head that covers it. */
  async #clients(): Promise<void> {
    const watch = new LogWatch(hashSignatures);
    let covered = 1;
    for (const { note, leaves } of this.#heads) {
      const { size } = parseHead(note).head;
      const accusation = watch.takeHead(note, this.#headKey);
      if (accusation !== null) this.#accuse("client", accusation.conviction.detail);
      const mirror = mirrorOf((await leaves).slice(0, size));
      for (; covered < mirror.size; covered++) {
        const receipt = await mirror.receipt(covered, { head: note, headKey: this.#headKey });
        const found = watch.takeEntry(mirror.leaf(covered), receipt);
        if (found !== null) this.#accuse("client", found.conviction.detail);
      }
    }
  }

  #results(): void {
    const watch = new ResultWatch(hashSignatures);
    for (const attested of this.#history.attested) {
      const found = watch.take(attested);
      if (found !== null) this.#accuse("client", found.conviction.detail);
    }
  }
}

function mirrorOf(leaves: readonly Uint8Array[]): LogMirror {
  const mirror = new LogMirror();
  for (const leaf of leaves) mirror.append(leaf);
  return mirror;
}

function logClient(log: LogStore): Pick<SchedulerClient, "log"> {
  return {
    log: async (process, { from = 0, limit = leavesMax } = {}) => {
      const items = await log.range(process, from, limit);
      return { process, items, next: (await log.head(process))?.next ?? 0 };
    },
  };
}

/** A monitor's folder. */
function forgetful(): MonitorStore {
  const none = async (): Promise<null> => null;
  const pass = async (): Promise<void> => undefined;
  return {
    ...{ headKey: none, head: none, ahead: none, leaves: async () => [] },
    ...{ keepHeadKey: pass, keepHead: pass, keepAhead: pass, keepLeaves: pass },
  };
}
