/**
 * All that an audit needs in one folder: what one audit fetched is written there, and another checks it
 * offline. `module.wasm`; and for each slot `N.entry` (a `logPage` of one entry), `N.evaluation` and
 * `N.proof` (spec/09-http.md §4, §5), `N.receipt` of the last (spec/15-heads.md §6), all canonical. Nothing in it is believed.
 *
 * @module
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditSource, AuditUnit } from "../client/audit-source.ts";
import { type LogPage, logPageRecord } from "../protocol/envelope.ts";
import { evaluationRecord } from "../protocol/evaluation.ts";
import type { Digest } from "../protocol/ids.ts";

const moduleFile = "module.wasm";

/** The source, with everything that it answers written into the folder. */
export async function savedSource(source: AuditSource, folder: string): Promise<AuditSource> {
  await mkdir(folder, { recursive: true });
  const save = (name: string, bytes: Uint8Array): Promise<void> =>
    writeFile(join(folder, name), bytes);
  const savedUnit = (unit: AuditUnit): AuditUnit => ({
    evaluation: async (slot, waitMs) => {
      const found = await unit.evaluation(slot, waitMs);
      if (found !== null) await save(`${slot}.evaluation`, evaluationRecord.encode(found));
      return found;
    },
    proof: async (slot) => {
      const found = await unit.proof(slot);
      if (found !== null) await save(`${slot}.proof`, found);
      return found;
    },
  });
  return {
    scheduler: source.scheduler,
    log: async (from, limit) => {
      const page = await source.log(from, limit);
      for (const [i, item] of page.items.entries()) {
        const one = logPageRecord.encode({ ...page, items: [item] });
        await save(`${from + i}.entry`, one);
      }
      return page;
    },
    module: async (id) => {
      const found = await source.module(id);
      if (found !== null) await save(moduleFile, found);
      return found;
    },
    receipt: async (slot) => {
      const found = await source.receipt(slot);
      if (found !== null) await save(`${slot}.receipt`, found);
      return found;
    },
    units: source.units.map(savedUnit),
  };
}

/** What such a folder holds. */
export function folderSource(folder: string, process: Digest): AuditSource {
  const bytesOf = async (name: string): Promise<Uint8Array | null> => {
    try {
      return new Uint8Array(await readFile(join(folder, name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  };
  const unit: AuditUnit = {
    evaluation: async (slot) => {
      const bytes = await bytesOf(`${slot}.evaluation`);
      return bytes === null ? null : evaluationRecord.decode(bytes);
    },
    proof: (slot) => bytesOf(`${slot}.proof`),
  };
  return {
    scheduler: null,
    log: async (from, limit) => {
      const items: LogPage["items"][number][] = [];
      let next = from;
      while (items.length < limit) {
        const bytes = await bytesOf(`${from + items.length}.entry`);
        if (bytes === null) break;
        const page = logPageRecord.decode(bytes);
        items.push(...page.items.slice(0, 1));
        next = Math.max(next, page.next);
        if (page.items.length === 0) break;
      }
      return { process, items, next };
    },
    module: () => bytesOf(moduleFile),
    receipt: (slot) => bytesOf(`${slot}.receipt`),
    units: [unit],
  };
}
