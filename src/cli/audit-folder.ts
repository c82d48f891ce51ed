/**
 * All that an audit needs in one folder: what one audit fetched is written there, and another checks it
 * offline. `module.wasm`; and for each slot `N.entry` (a `logPage` of one entry), `N.evaluation` and
 * `N.proof` (spec/09-http.md §4, §5), `N.receipt` of the last (spec/15-heads.md §6); of senders that have to be
 * proven `PROCESS-N.slot` and `PROCESS-N.proof` (§5.4) and their modules, by id; all canonical. Nothing in
 * it is believed.
 *
 * @module
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditSource, AuditUnit } from "../client/audit-source.ts";
import { type LogPage, logPageRecord } from "../protocol/envelope.ts";
import { evaluationRecord } from "../protocol/evaluation.ts";
import { type Digest, idText } from "../protocol/ids.ts";

/** The audited process's own, which is asked for first. */
const moduleFile = "module.wasm";

function moduleName(id: Digest): string {
  return `${idText(id)}.wasm`;
}

function senderName(process: Digest, slot: number): string {
  return `${idText(process)}-${slot}`;
}

/** The source, with everything that it answers written into the folder. */
export async function savedSource(source: AuditSource, folder: string): Promise<AuditSource> {
  await mkdir(folder, { recursive: true });
  let own: string | null = null;
  const moduleNameOf = (id: Digest): string => {
    own ??= idText(id);
    return own === idText(id) ? moduleFile : moduleName(id);
  };
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
      if (found !== null) await save(moduleNameOf(id), found);
      return found;
    },
    sender: async (process, slot) => {
      const found = (await source.sender?.(process, slot)) ?? null;
      const name = senderName(process, slot);
      if (found !== null) await save(`${name}.slot`, found.slot);
      if (found !== null && found.proof !== null) await save(`${name}.proof`, found.proof);
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
    module: async (id) => (await bytesOf(moduleName(id))) ?? bytesOf(moduleFile),
    sender: async (sender, slot) => {
      const name = senderName(sender, slot);
      const bytes = await bytesOf(`${name}.slot`);
      if (bytes === null) return null;
      return { slot: bytes, proof: await bytesOf(`${name}.proof`) };
    },
    receipt: (slot) => bytesOf(`${slot}.receipt`),
    units: [unit],
  };
}
