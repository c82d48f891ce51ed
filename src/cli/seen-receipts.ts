/**
 * What this machine has seen of logs (spec/16-evidence.md §3): receipts that it was given, the newest few of
 * each log, under `~/.config/nymcompute/seen`. Each new one is held against them, and its head by the
 * log's tiles where they can be had; what convicts is kept, and the person is told where.
 *
 * File: JSON, an array of `[entry, receipt]` in base64url, oldest first.
 *
 * @module
 */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fromBase64url, toBase64url, toHex, utf8Bytes } from "../base/bytes.ts";
import { logSource } from "../client/log-source.ts";
import { unitCaller } from "../client/unit-call.ts";
import { sha256 } from "../crypto/hash.ts";
import { checkHead } from "../log/check-log-receipt.ts";
import { timeFarText } from "../log/entry-time.ts";
import { ownerOf } from "../log/evidence-judge.ts";
import { compareHeads } from "../log/fork-evidence.ts";
import { lineOf, parseHead } from "../log/head.ts";
import { type Accusation, accusationOf, LogWatch } from "../log/log-watch.ts";
import { keepEvidence } from "../node/evidence-folder.ts";
import { entryRecord } from "../protocol/entry.ts";
import { checked } from "../protocol/errors.ts";
import { headKeyRecord } from "../protocol/head-key.ts";
import { type LogReceipt, logReceiptRecord } from "../protocol/log-receipt.ts";
import { configFolder, evidenceFolder } from "./places.ts";
import type { Terminal } from "./terminal.ts";

/** An entry with its receipt. */
export interface ReceivedEntry {
  readonly entry: Uint8Array;
  readonly receipt: Uint8Array;
}

type Rows = readonly (readonly [string, string])[];

/** Of one log. */
const keptMax = 64;

/**
 * Holds a received entry against what was seen before, and keeps it. Answers where the evidence lies that
 * came of it, of which the person was told. `schedulers` are asked for tiles.
 */
export async function holdAgainstSeen(
  received: ReceivedEntry,
  schedulers: readonly string[],
  terminal: Pick<Terminal, "note">,
): Promise<readonly string[]> {
  const read = checked(() => logReceiptRecord.decode(received.receipt));
  const origin = checked(() =>
    headKeyRecord.decode(read.ok ? read.value.headKey : received.receipt),
  );
  if (!read.ok || !origin.ok) return [];
  const path = join(configFolder(), "seen", `${nameOf(origin.value.origin)}.json`);
  const rows = await readRows(path);
  const watch = new LogWatch();
  for (const [entry, receipt] of rows) {
    watch.remember(
      fromBase64url(entry) ?? new Uint8Array(),
      fromBase64url(receipt) ?? new Uint8Array(),
    );
  }
  const before = watch.newestHead(read.value.headKey);
  const found = watch.takeEntry(received.entry, received.receipt);
  const forked = found ?? (await forkOf(before, read.value, schedulers));
  const paths: string[] = [];
  if (forked !== null) {
    const { code, detail } = forked.conviction;
    const kept = await keepEvidence({ code, file: forked.file }, evidenceFolder());
    terminal.note(`${code}: ${detail}; evidence: ${kept}`);
    paths.push(kept);
  }
  const far = found === null ? timeFar(received.entry, read.value, rows) : null;
  if (far !== null) terminal.note(`${far}: a claim, and no evidence`);
  const row = [toBase64url(received.entry), toBase64url(received.receipt)] as const;
  const others = rows.filter(([entry]) => entry !== row[0]);
  await writeRows(path, [...others, row].slice(-keptMax));
  return paths;
}

/** What is said of an entry's time, where the newest head seen before that does not cover it is far later. */
function timeFar(entry: Uint8Array, { treeIndex }: LogReceipt, rows: Rows): string | null {
  const before = rows.flatMap(([, receipt]) => headBelow(treeIndex, receipt) ?? []);
  const [newest] = before.toSorted((one, other) => other.seconds - one.seconds);
  const placed = checked(() => entryRecord.decode(entry));
  if (!placed.ok || newest === undefined) return null;
  const around = { before: newest.seconds, after: null };
  const far = timeFarText(placed.value.timestamp, around);
  // Anyone may have shown the file that it is from: it is looked at before it speaks against an honest one.
  return far !== null && newest.holds() ? far : null;
}

/** The head of a kept receipt, where it does not cover so many leaves. */
function headBelow(
  treeIndex: number,
  receipt: string,
): { readonly seconds: number; readonly holds: () => boolean } | null {
  const read = checked(() => {
    const { head, headKey } = logReceiptRecord.decode(fromBase64url(receipt) ?? new Uint8Array());
    const statement = headKeyRecord.decode(headKey);
    const signed = parseHead(head);
    const { origin: name, headKey: publicKey } = statement;
    const line = signed.head.size <= treeIndex ? lineOf(signed, { name, publicKey }) : null;
    const holds = (): boolean => checked(() => checkHead({ head, headKey }, ownerOf(statement))).ok;
    return line === null ? null : { seconds: line.seconds, holds };
  });
  return read.ok ? read.value : null;
}

/** Forgets a log: that of a `dev` network which was put back. */
export function forgetSeen(origin: string): Promise<void> {
  return rm(join(configFolder(), "seen", `${nameOf(origin)}.json`), { force: true });
}

function nameOf(origin: string): string {
  return toHex(sha256(utf8Bytes(origin))).slice(0, 32);
}

/** A head that does not follow from the newest one seen, as its own tiles show. */
async function forkOf(
  before: Uint8Array | null,
  { head, headKey }: LogReceipt,
  schedulers: readonly string[],
): Promise<Accusation | null> {
  if (before === null) return null;
  const isNewer = parseHead(head).head.size > parseHead(before).head.size;
  const heads = {
    headKey,
    ...(isNewer ? { earlier: before, later: head } : { earlier: head, later: before }),
  };
  for (const url of schedulers) {
    try {
      const found = await compareHeads(heads, logSource(unitCaller(url)).tile);
      if (found.kind === "forked") return accusationOf(found.evidence);
      if (found.kind === "grown") return null;
    } catch {
      // Another log's keeper, or one that is away: nothing is shown by that.
    }
  }
  return null;
}

async function readRows(path: string): Promise<Rows> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Rows;
  } catch {
    return [];
  }
}

/** A memory that cannot be written is no failure of what it is about. */
async function writeRows(path: string, rows: Rows): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}.new`;
    await writeFile(draft, JSON.stringify(rows), { mode: 0o600 });
    await rename(draft, path);
  } catch {
    return;
  }
}
