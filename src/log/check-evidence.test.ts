import { beforeAll, describe, expect, test } from "vitest";
import { headKeyFromSeed } from "../crypto/head-key.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../protocol/head-key.ts";
import { messageIdOf } from "../protocol/ids.ts";
import { evidenceTypes, type LogEvidence, logEvidenceRecord } from "../protocol/log-evidence.ts";
import { EntryWriter } from "../testing/honest-entries.ts";
import { testIdentity } from "../testing/sender.ts";
import { SignedLog, type SignedLogOptions } from "../testing/signed-log.ts";
import { checkEvidence } from "./check-evidence.ts";
import { compareHeads } from "./fork-evidence.ts";
import { parseHead } from "./head.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);
const owner = testIdentity(3);
const options: SignedLogOptions = { network, scheduler };
const write = (): EntryWriter => new EntryWriter({ network, scheduler: scheduler.address, owner });

/** A log of a spawn and some messages, each changed as is said. */
function logOf(...changes: Parameters<EntryWriter["send"]>[1][]): {
  readonly log: SignedLog;
  readonly items: readonly LogItem[];
  readonly process: Uint8Array;
} {
  const writer = write();
  const spawn = writer.place(writer.spawn());
  const process = messageIdOf(spawn.body);
  const items = [spawn, ...changes.map((change) => writer.send(process, change))];
  const log = new SignedLog(options);
  for (const { entry } of items) log.append(entry);
  return { log, items, process };
}

const bound = (log: SignedLog, ...indexes: readonly number[]): readonly Uint8Array[] =>
  indexes.flatMap((at) => [log.leaves[at] ?? new Uint8Array(), log.receipt(at)]);

function convicted(evidence: LogEvidence): string {
  // What is judged is what a file holds.
  const read = logEvidenceRecord.decode(logEvidenceRecord.encode(evidence));
  const { code, scheduler: who } = checkEvidence(read);
  expect(who).toEqual(scheduler.address);
  return code;
}

describe("heads", () => {
  test("two head keys of one log convict, and one key stated twice does not", () => {
    const one = new SignedLog(options).headKey;
    const key = headKeyFromSeed(new Uint8Array(32).fill(8));
    const other = new SignedLog({ ...options, key }).headKey;
    expect(convicted({ type: evidenceTypes.secondHeadKey, parts: [one, other] })).toBe("E0");
    const again = new SignedLog(options).headKey;
    expect(again).not.toEqual(one);
    expect(() => convicted({ type: evidenceTypes.secondHeadKey, parts: [one, again] })).toThrow(
      /^EVIDENCE_INVALID/,
    );
    // One identity may keep logs of two networks.
    const elsewhere = originOf(new Uint8Array(32).fill(6), scheduler.address);
    const foreign = headKeyRecord.encode(
      stateHeadKey(scheduler, { origin: elsewhere, headKey: key.publicKey }),
    );
    expect(() => convicted({ type: evidenceTypes.secondHeadKey, parts: [one, foreign] })).toThrow(
      /^EVIDENCE_INVALID/,
    );
  });

  test("a head under another origin, signed in the log's name, convicts", () => {
    const { log } = logOf({});
    const foreign = log.head(2, "example.com/log");
    const parts = [log.headKey, foreign];
    expect(convicted({ type: evidenceTypes.secondOrigin, parts })).toBe("E0");
    const own = [log.headKey, log.head()];
    expect(() => convicted({ type: evidenceTypes.secondOrigin, parts: own })).toThrow(
      /^EVIDENCE_INVALID/,
    );
  });

  test("two roots of one size convict, two signatures and times of one head do not", () => {
    const { log } = logOf({}, {});
    const other = log.forked(options, 3);
    other.append(new Uint8Array(9));
    const parts = [log.headKey, log.head(4), other.head(4)];
    expect(convicted({ type: evidenceTypes.twoRoots, parts })).toBe("E1");
    const [one, again] = [log.head(4), log.head(4)];
    expect(one).not.toEqual(again);
    const honest = [log.headKey, one, again];
    expect(() => convicted({ type: evidenceTypes.twoRoots, parts: honest })).toThrow(
      /^EVIDENCE_INVALID/,
    );
  });

  test("a fork at any two sizes convicts, and growth at any two sizes does not", async () => {
    const { log } = logOf({}, {}, {}, {}, {});
    const forked = log.forked(options, 2);
    for (let i = 0; i < 6; i++) forked.append(new Uint8Array([i]));
    for (const [size, later] of [
      [3, 4],
      [3, 8],
      [4, 5],
      [5, 7],
    ] as const) {
      const heads = { headKey: log.headKey, earlier: log.head(size), later: forked.head(later) };
      const found = await compareHeads(heads, forked.tile);
      expect(found.kind, `${size} to ${later}`).toBe("forked");
      if (found.kind === "forked") expect(convicted(found.evidence)).toBe("E2");
      const grown = { ...heads, earlier: forked.head(size) };
      expect((await compareHeads(grown, forked.tile)).kind).toBe("grown");
      expect((await compareHeads(heads, log.tile)).kind).toBe("withheld");
    }
  });

  test("a consistency proof that fails shows nothing, nor does one from the empty tree", async () => {
    const { log } = logOf({}, {}, {});
    const [earlier, later] = [log.head(2), log.head(4)];
    const root = new Uint8Array(32).fill(1);
    for (const parts of [
      [log.headKey, earlier, later, root, new Uint8Array(64)],
      [log.headKey, earlier, later, root, new Uint8Array()],
      [log.headKey, log.head(0), later, root, new Uint8Array()],
      [log.headKey, earlier, earlier, root, new Uint8Array()],
      [log.headKey, earlier, later, parseHead(earlier).head.root, new Uint8Array()],
    ]) {
      expect(() => convicted({ type: evidenceTypes.fork, parts })).toThrow(/^EVIDENCE_INVALID/);
    }
  });
});

describe("entries", () => {
  test("one slot of a process with two entries convicts, also in forks of the log", () => {
    const { log } = logOf({}, { slot: 1 });
    const type = evidenceTypes.secondEntry;
    expect(convicted({ type, parts: bound(log, 2, 3) })).toBe("E3");
    const forked = log.forked(options, 3);
    forked.append(write().send(logOf().process).entry);
    expect(() => convicted({ type, parts: bound(log, 1, 2) })).toThrow(/^EVIDENCE_INVALID/);
    expect(() => convicted({ type, parts: bound(log, 2, 2) })).toThrow(/^EVIDENCE_INVALID/);
  });

  test("one entry at two places of the tree convicts, under two heads it does not", () => {
    const { log } = logOf({}, {});
    const type = evidenceTypes.secondEntry;
    const leaf = log.leaves[2] as Uint8Array;
    const honest = [leaf, log.receipt(2, 3), leaf, log.receipt(2, 4)];
    expect(() => convicted({ type, parts: honest })).toThrow(/^EVIDENCE_INVALID/);
    log.append(leaf);
    expect(convicted({ type, parts: bound(log, 2, 4) })).toBe("E3");
  });

  test("two leaves at one place convict", () => {
    const { log } = logOf({}, {});
    const forked = log.forked(options, 3);
    forked.append(new Uint8Array([1]));
    const type = evidenceTypes.twoLeaves;
    expect(convicted({ type, parts: [...bound(log, 3), ...bound(forked, 3)] })).toBe("E2");
    expect(() => convicted({ type, parts: [...bound(log, 2), ...bound(forked, 2)] })).toThrow(
      /^EVIDENCE_INVALID/,
    );
  });

  test("an entry that does not name the one before it convicts", () => {
    const { log } = logOf({}, { previous: new Uint8Array(32).fill(1) });
    const type = evidenceTypes.brokenChain;
    expect(convicted({ type, parts: bound(log, 2, 3) })).toBe("E4");
    expect(() => convicted({ type, parts: bound(log, 1, 2) })).toThrow(/^EVIDENCE_INVALID/);
    expect(() => convicted({ type, parts: bound(log, 1, 3) })).toThrow(/^EVIDENCE_INVALID/);
    const begun = logOf({ previous: null }).log;
    expect(convicted({ type, parts: bound(begun, 2) })).toBe("E4");
    expect(() => convicted({ type, parts: bound(begun, 1) })).toThrow(/^EVIDENCE_INVALID/);
  });

  test("one message at two slots convicts", () => {
    const { log, items, process } = logOf({}, {});
    const messageId = messageIdOf(items[1]?.body ?? new Uint8Array());
    log.append(write().send(process, { process, slot: 3, messageId }).entry);
    const type = evidenceTypes.repeatedMessage;
    expect(convicted({ type, parts: bound(log, 2, 4) })).toBe("E5");
    expect(() => convicted({ type, parts: bound(log, 2, 3) })).toThrow(/^EVIDENCE_INVALID/);
  });

  test.each([
    ["an earlier time", { timestamp: 1 }],
    ["an earlier epoch", { epoch: 0 }],
    ["a slot left out", { slot: 3 }],
  ])("%s convicts", (_name, change) => {
    const { log } = logOf({}, change, {});
    const type = evidenceTypes.wrongOrder;
    expect(convicted({ type, parts: bound(log, 2, 3) })).toBe("E6");
    expect(convicted({ type, parts: bound(log, 3, 2) })).toBe("E6");
    expect(() => convicted({ type, parts: bound(log, 1, 2) })).toThrow(/^EVIDENCE_INVALID/);
  });

  test("a later slot that stands earlier in the tree convicts", () => {
    const { items } = logOf({}, {});
    const log = new SignedLog(options);
    for (const i of [0, 2, 1]) log.append(items[i]?.entry ?? new Uint8Array());
    expect(convicted({ type: evidenceTypes.wrongOrder, parts: bound(log, 2, 3) })).toBe("E6");
  });

  test("entries of two processes say nothing about each other", () => {
    const [one, other] = [logOf({}), logOf({ timestamp: 1 })];
    const at = one.log.append(other.items[1]?.entry ?? new Uint8Array());
    for (const type of [3, 4, 5, 6]) {
      expect(() => convicted({ type, parts: bound(one.log, 2, at) })).toThrow(/^EVIDENCE_INVALID/);
    }
  });
});

describe("messages", () => {
  let log: SignedLog;
  let items: readonly LogItem[];

  beforeAll(() => {
    ({ log, items } = logOf({}, {}));
  });

  const type = evidenceTypes.wrongMessage;
  const spawnOf = (of: readonly LogItem[]): Uint8Array => of[0]?.body ?? new Uint8Array();

  /** An entry of a message with this authorisation, or of another message. */
  function entryOf(change: (writer: EntryWriter, process: Uint8Array) => LogItem): {
    readonly parts: readonly Uint8Array[];
  } {
    const writer = write();
    const spawn = writer.place(writer.spawn());
    const item = change(writer, messageIdOf(spawn.body));
    const own = new SignedLog(options);
    own.append(spawn.entry);
    own.append(item.entry);
    return { parts: [...bound(own, 2), item.body, item.authorisation, spawn.body] };
  }

  test("honest messages convict nobody, with or without the spawn", () => {
    for (const [i, { body, authorisation }] of items.entries()) {
      const parts = [...bound(log, i + 1), body, authorisation];
      for (const each of [parts, [...parts, spawnOf(items)]]) {
        expect(() => convicted({ type, parts: each })).toThrow(/^EVIDENCE_INVALID/);
      }
    }
  });

  test("a signature that does not hold convicts", () => {
    const { parts } = entryOf((writer, process) => {
      const message = writer.sender.compose({ target: process });
      const authorisation = message.authorisation.slice();
      authorisation[authorisation.length - 1]! ^= 1;
      return writer.place({ ...message, authorisation });
    });
    expect(convicted({ type, parts })).toBe("E7");
  });

  test("another's signature, garbage, and another network convict", () => {
    const stranger = new EntryWriter({
      network,
      scheduler: scheduler.address,
      owner: testIdentity(4),
    });
    const elsewhere = new EntryWriter({
      network: new Uint8Array(32).fill(6),
      scheduler: scheduler.address,
      owner,
    });
    const wrong: readonly ((writer: EntryWriter, process: Uint8Array) => LogItem)[] = [
      (writer, process) => {
        const { authorisation } = stranger.sender.compose({ target: process });
        return writer.place({ ...writer.sender.compose({ target: process }), authorisation });
      },
      (writer, process) => {
        const authorisation = new Uint8Array([0xc1, 0]);
        return writer.place({ ...writer.sender.compose({ target: process }), authorisation });
      },
      (writer, process) => writer.place(elsewhere.sender.compose({ target: process })),
      (writer, process) => writer.place(writer.sender.compose({ target: process, notAfter: 1 })),
      (writer, process) => {
        const message = writer.sender.compose({ target: new Uint8Array(32).fill(9) });
        return writer.place(message, { process });
      },
    ];
    for (const change of wrong)
      expect(convicted({ type, parts: entryOf(change).parts })).toBe("E7");
  });

  test("an authorisation or body that the entry does not name says nothing", () => {
    const { parts } = entryOf((writer, process) => writer.send(process));
    const [leaf, receipt, body, authorisation, spawn] = parts as Uint8Array[];
    for (const swapped of [
      [leaf, receipt, spawn, authorisation, spawn],
      [leaf, receipt, body, new Uint8Array([0xc1, 0]), spawn],
    ]) {
      const evidence = { type, parts: swapped as Uint8Array[] };
      expect(() => convicted(evidence)).toThrow(/^EVIDENCE_INVALID/);
    }
  });

  test("an authorisation of a kind or version that may come later convicts nobody", () => {
    for (const authorisation of [
      [0x92, 0x63, 1],
      [0x95, 2, 9, 1, 0xc4, 0, 0xc4, 0],
    ]) {
      const { parts } = entryOf((writer, process) => {
        const message = writer.sender.compose({ target: process });
        return writer.place({ ...message, authorisation: Uint8Array.from(authorisation) });
      });
      expect(() => convicted({ type, parts })).toThrow(/^EVIDENCE_INVALID/);
    }
  });

  test("an entry of a process whose spawn names another scheduler convicts", () => {
    const writer = write();
    const spawn = writer.place(writer.spawn(testIdentity(9).address));
    const item = writer.send(messageIdOf(spawn.body));
    const own = new SignedLog(options);
    own.append(spawn.entry);
    own.append(item.entry);
    const foreign = evidenceTypes.foreignProcess;
    for (const at of [1, 2]) {
      const parts = [...bound(own, at), spawn.body];
      expect(convicted({ type: foreign, parts })).toBe("E8");
    }
    const honest = [...bound(log, 2), spawnOf(items)];
    expect(() => convicted({ type: foreign, parts: honest })).toThrow(/^EVIDENCE_INVALID/);
    expect(() => convicted({ type: foreign, parts: [...bound(log, 2), spawn.body] })).toThrow(
      /^EVIDENCE_INVALID/,
    );
  });
});
