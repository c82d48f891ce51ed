import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { judgeEvidence } from "../client/judge-evidence.ts";
import { parseHead } from "../log/head.ts";
import { formatNote } from "../log/signed-note.ts";
import { messageIdOf } from "../protocol/ids.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";
import { EntryWriter } from "../testing/honest-entries.ts";
import { testIdentity } from "../testing/sender.ts";
import { SignedLog, type SignedLogOptions } from "../testing/signed-log.ts";
import { holdAgainstSeen, type ReceivedEntry } from "./seen-receipts.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);
const options: SignedLogOptions = { network, scheduler };

/** A log of a spawn and messages, without the network that would be asked for tiles. */
function logOf(messages: number): SignedLog {
  const owner = testIdentity(3);
  const writer = new EntryWriter({ network, scheduler: scheduler.address, owner });
  const spawn = writer.place(writer.spawn());
  const log = new SignedLog(options);
  log.append(spawn.entry);
  for (let i = 0; i < messages; i++) log.append(writer.send(messageIdOf(spawn.body)).entry);
  return log;
}

const received = (log: SignedLog, at: number): ReceivedEntry => ({
  ...{ entry: log.leaves[at] ?? new Uint8Array(), receipt: log.receipt(at) },
});

let notes: string[];
const hold = (log: SignedLog, at: number): Promise<readonly string[]> =>
  holdAgainstSeen(received(log, at), [], { note: (line) => void notes.push(line) });

beforeEach(async () => {
  notes = [];
  const [home, before] = [await mkdtemp(join(tmpdir(), "nymcompute-")), process.env["HOME"]];
  process.env["HOME"] = home;
  return async () => {
    process.env["HOME"] = before;
    await rm(home, { recursive: true, force: true });
  };
});

test("receipts of an honest log are kept without a word", async () => {
  const log = logOf(3);
  for (const at of [1, 2, 3, 4, 2]) expect(await hold(log, at)).toEqual([]);
  expect(notes).toEqual([]);
});

test("a receipt that contradicts one of an earlier command is kept as evidence, and its path said", async () => {
  const log = logOf(3);
  await hold(log, 3);
  const forked = log.forked(options, 3);
  for (const leaf of logOf(3).leaves.slice(2)) forked.append(leaf);
  const [path] = await hold(forked, 3);
  expect(notes.join("\n")).toContain(path);
  const verdict = judgeEvidence(new Uint8Array(await readFile(path ?? "")));
  expect(verdict).toMatchObject({ convicts: true, role: "scheduler", lie: "E2" });
});

test("what is no receipt, or of no good key, is not kept against anybody", async () => {
  const log = logOf(1);
  const bytes = log.receipt(1);
  for (const receipt of [
    new Uint8Array(3),
    bytes.map((byte, i) => (i === 200 ? byte ^ 1 : byte)),
  ]) {
    const entry = log.leaves[1] ?? new Uint8Array();
    expect(await holdAgainstSeen({ entry, receipt }, [], { note: () => undefined })).toEqual([]);
  }
});

test("an entry whose time is long before an earlier head is told, and convicts nobody", async () => {
  const owner = testIdentity(3);
  const writer = new EntryWriter({ network, scheduler: scheduler.address, owner });
  const log = new SignedLog(options);
  for (const changes of [{}, { timestamp: 1 }, {}]) {
    log.append(writer.place(writer.spawn(), changes).entry);
  }
  const holdUnder = (at: number, size: number): Promise<readonly string[]> => {
    const entry = log.leaves[at] ?? new Uint8Array();
    const note = (line: string): void => void notes.push(line);
    return holdAgainstSeen({ entry, receipt: log.receipt(at, size) }, [], { note });
  };
  expect(await holdUnder(1, 2)).toEqual([]);
  expect(notes).toEqual([]);
  expect(await holdUnder(2, 3)).toEqual([]);
  expect(notes).toEqual([
    expect.stringMatching(/^TIME_FAR: it says 1970.* before an earlier head/),
  ]);
  await holdUnder(3, 4);
  expect(notes).toHaveLength(1);
});

test("a head that nobody signed speaks against no entry's time", async () => {
  const log = logOf(3);
  const receipt = logReceiptRecord.decode(log.receipt(1, 2));
  // The same text under a signature of another time, far ahead.
  const signed = parseHead(receipt.head);
  const signatures = signed.signatures.map((line) => ({
    ...line,
    signature: line.signature.with(3, 1),
  }));
  const head = new TextEncoder().encode(formatNote({ text: signed.text, signatures }));
  const forged = logReceiptRecord.encode({ ...receipt, head });
  const note = (line: string): void => void notes.push(line);
  await holdAgainstSeen({ entry: log.leaves[1] ?? new Uint8Array(), receipt: forged }, [], {
    note,
  });
  await hold(log, 4);
  expect(notes).toEqual([]);
});
