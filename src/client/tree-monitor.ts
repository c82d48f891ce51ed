/**
 * Follows a log of anyone's in the formats of C2SP (tlog-checkpoint, tlog-tiles) as far as its tree goes
 * (spec/16-evidence.md §4): every head under the log's key, and of a tree that the one before begins.
 * What its leaves mean is not known here.
 *
 * @module
 */

import { concatBytes } from "../base/bytes.ts";
import { compareHeads } from "../log/fork-evidence.ts";
import { type Cosigner, cosignedAt, parseHead } from "../log/head.ts";
import { checked } from "../protocol/errors.ts";
import type { Finding } from "./findings.ts";
import type { LogSource } from "./log-source.ts";
import type { MonitorStore } from "./monitor-store.ts";

export interface TreeMonitorOptions {
  readonly source: Pick<LogSource, "checkpoint" | "tile" | "url">;
  /** The log's name and ML-DSA-44 key. */
  readonly log: Cosigner;
  readonly store: Pick<MonitorStore, "head" | "keepHead">;
}

export class TreeMonitor {
  readonly #options: TreeMonitorOptions;
  #size = 0;

  constructor(options: TreeMonitorOptions) {
    this.#options = options;
  }

  /** Leaves of the newest head that follows from the one before. */
  get size(): number {
    return this.#size;
  }

  get origin(): string {
    return this.#options.log.name;
  }

  /** One look. Rejects where the log does not answer. */
  async look(): Promise<readonly Finding[]> {
    const { source, log, store } = this.#options;
    const note = await source.checkpoint();
    if (note === null) return [{ code: "HEAD_MISSING", detail: source.url, file: null }];
    const read = checked(() => parseHead(note));
    if (!read.ok) return [{ code: read.error.code, detail: read.error.message, file: null }];
    if (read.value.head.origin !== log.name || cosignedAt(read.value, log) === null) {
      return [{ code: "HEAD_UNTRUSTED", detail: `no signature of ${log.name}`, file: null }];
    }
    const known = await store.head();
    const { size } = read.value.head;
    const knownSize = known === null ? 0 : parseHead(known).head.size;
    const findings = known === null ? [] : await this.#compare(known, note);
    this.#size = findings.length === 0 ? Math.max(size, knownSize) : knownSize;
    if (findings.length === 0 && size >= knownSize) await store.keepHead(note);
    return findings;
  }

  async #compare(known: Uint8Array, note: Uint8Array): Promise<readonly Finding[]> {
    const [before, now] = [known, note].map((each) => parseHead(each).head.size) as [
      number,
      number,
    ];
    const sizes = `heads of ${before} and ${now} leaves`;
    // An older head is no lie while the newer tree begins with it.
    const [earlier, later] = now < before ? [note, known] : [known, note];
    if (Math.min(before, now) === 0) return [];
    const heads = { headKey: new Uint8Array(), earlier, later };
    const found = await compareHeads(heads, this.#options.source.tile);
    if (found.kind === "grown") return [];
    if (found.kind === "withheld") {
      return [{ code: "TILES_WITHHELD", detail: `no tiles that fit ${sizes}`, file: null }];
    }
    // For logs that state no key there is no file of ours: both signed heads speak for themselves.
    return [
      { code: "FORKED", detail: `${sizes} are of two trees`, file: concatBytes(known, note) },
    ];
  }
}
