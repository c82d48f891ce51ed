/**
 * Those who may meet a lie, as they are in production: the watch of clients, the monitor and the witness.
 *
 * @module
 */

import { systemClock } from "../../src/base/clock.ts";
import type { Finding } from "../../src/client/findings.ts";
import { judgeEvidence } from "../../src/client/judge-evidence.ts";
import { LogMonitor } from "../../src/client/log-monitor.ts";
import type { MonitorStore } from "../../src/client/monitor-store.ts";
import { MonitoredMessages } from "../../src/client/monitored-messages.ts";
import { headKeyFromSeed } from "../../src/crypto/head-key.ts";
import { referenceVerifier } from "../../src/crypto/signature.ts";
import { formatAddCheckpoint } from "../../src/log/add-checkpoint.ts";
import { parseHead } from "../../src/log/head.ts";
import type { Accusation } from "../../src/log/log-watch.ts";
import { TiledTree } from "../../src/log/tree-proofs.ts";
import { openMemoryStores } from "../../src/node/store/open-memory.ts";
import { idText } from "../../src/protocol/ids.ts";
import { quietLogger } from "../../src/testing/in-process-network.ts";
import { ForkWatch, KnownLogs, WitnessService } from "../../witness-unit/index.ts";
import { type LyingScheduler, network, scheduler } from "./lying-scheduler.ts";

/** A monitor's folder that is forgotten. */
export function memoryStore(): MonitorStore {
  const kept = new Map<string, Uint8Array>();
  const tiles = new Map<number, readonly Uint8Array[]>();
  const keep = (name: string) => async (bytes: Uint8Array) => void kept.set(name, bytes);
  const get = (name: string) => async () => kept.get(name) ?? null;
  return {
    ...{ headKey: get("headKey"), head: get("head"), ahead: get("ahead") },
    keepHeadKey: keep("headKey"),
    keepHead: keep("head"),
    keepAhead: keep("ahead"),
    leaves: async (tile) => tiles.get(tile) ?? [],
    keepLeaves: async (tile, leaves) => void tiles.set(tile, leaves),
  };
}

/** A monitor of a scheduler, and what witnesses have shown it. */
export function monitorOf(
  lying: LyingScheduler,
  store: MonitorStore = memoryStore(),
  others: readonly Uint8Array[] = [],
): Promise<LogMonitor> {
  const source = { ...lying.source };
  const messages = new MonitoredMessages(lying.client, referenceVerifier);
  return LogMonitor.open({ source, store, messages, seenByOthers: async () => others });
}

/** The codes of what a monitor finds; every file of it convicts the scheduler of the code. */
export function codesOf(findings: readonly Finding[]): readonly string[] {
  for (const { code, file } of findings) {
    if (file === null) continue;
    const unit = idText(scheduler.address);
    const verdict = judgeEvidence(file);
    if (!verdict.convicts || verdict.unit !== unit || verdict.lie !== code) {
      throw new Error(`a file of ${code} does not convict of it`);
    }
  }
  return findings.map(({ code, file }) => (file === null ? `${code} without a file` : code));
}

/** What a client's watch accuses of; null where it does not. */
export function lieOf(accusation: Accusation | null): string | null {
  if (accusation === null) return null;
  const verdict = judgeEvidence(accusation.file);
  return verdict.convicts ? verdict.lie : "a file that does not convict";
}

/** A witness of the lying scheduler. */
export async function witnessOf(lying: LyingScheduler): Promise<{
  /** Asks it to cosign the newest head as one that goes on from a size. */
  readonly ask: (from: number) => Promise<string>;
  readonly look: () => Promise<void>;
  readonly kept: () => Promise<readonly (string | null)[]>;
}> {
  const stores = await openMemoryStores({ role: "witness" });
  const call = async () => ({ status: 200, contentType: "", body: lying.log.headKey });
  const logs = new KnownLogs({
    ...{ network, schedulers: [{ url: "http://lying.test", call }], store: stores.witnessed },
    ...{ logger: { ...quietLogger, error: () => undefined }, now: () => systemClock.monotonic() },
  });
  await logs.look();
  const logger = { ...quietLogger, error: () => undefined };
  const tiles = [lying.source.tile];
  const forks = new ForkWatch({ tiles, store: stores.witnessed, clock: systemClock, logger });
  const key = headKeyFromSeed(new Uint8Array(32).fill(9));
  const witness = new WitnessService({
    ...{ name: "nymcompute/witness/test", key, logs, store: stores.witnessed },
    ...{ clock: systemClock, forks },
  });
  return {
    ask: async (from) => {
      const note = lying.shown ?? lying.log.head();
      const { size } = parseHead(note).head;
      const isLater = from > 0 && from < size;
      const proof = isLater ? await new TiledTree(size, lying.log.tile).consistency(from) : [];
      const body = formatAddCheckpoint({ oldSize: from, proof, note });
      try {
        return (await witness.addCheckpoint(body)).kind;
      } catch (error) {
        return (error as { readonly code: string }).code;
      }
    },
    look: () => logs.look(),
    kept: async () => {
      await forks.settled();
      const ids = await stores.witnessed.evidenceIds(10);
      const files = await Promise.all(ids.map((id) => stores.witnessed.evidence(id)));
      return files.map((file) => {
        const verdict = judgeEvidence(file ?? new Uint8Array());
        return verdict.convicts ? verdict.lie : null;
      });
    },
  };
}
