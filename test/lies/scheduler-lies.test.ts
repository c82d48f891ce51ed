/** Each lie of a scheduler, met by whom section 16 §5 says, with what it says. @module */

import { expect, test } from "vitest";
import { LogWatch } from "../../src/log/log-watch.ts";
import { logReceiptRecord } from "../../src/protocol/log-receipt.ts";
import { testIdentity } from "../../src/testing/sender.ts";
import { SignedLog } from "../../src/testing/signed-log.ts";
import { LyingScheduler, logOptions, otherKey } from "./lying-scheduler.ts";
import { codesOf, lieOf, memoryStore, monitorOf, witnessOf } from "./watchers.ts";

/** What a monitor that has looked before finds after the lie. */
async function foundAfter(
  lying: LyingScheduler,
  lie: () => void,
  others: readonly Uint8Array[] = [],
): Promise<readonly string[]> {
  const store = memoryStore();
  const monitor = await monitorOf(lying, store);
  expect(codesOf(await monitor.look())).toEqual([]);
  lie();
  // Another one, so that nothing hangs on what is only in memory.
  return codesOf(await (await monitorOf(lying, store, others)).look());
}

/** What a client with a receipt of before meets in one of after. */
function metByClient(lying: LyingScheduler, lie: () => number, held = 2): string | null {
  const watch = new LogWatch();
  expect(watch.takeEntry(...lying.bound(held))).toBeNull();
  return lieOf(watch.takeEntry(...lying.bound(lie())));
}

test("reorder-covered: entries that a head covers change places", async () => {
  const swap = (lying: LyingScheduler) => (): number => {
    const [first, second] = lying.log.leaves.slice(2, 4) as [Uint8Array, Uint8Array];
    lying.forkAt(2);
    lying.log.append(second);
    lying.log.append(first);
    lying.writer.rewind(lying.log.leaves.slice(1));
    lying.send();
    lying.send();
    return 2;
  };
  const one = LyingScheduler.withMessages(3);
  expect(await foundAfter(one, swap(one))).toEqual(["E2"]);
  const other = LyingScheduler.withMessages(3);
  expect(metByClient(other, swap(other))).toBe("E2");
  const third = LyingScheduler.withMessages(3);
  const witness = await witnessOf(third);
  expect(await witness.ask(0)).toBe("cosigned");
  swap(third)();
  expect(await witness.ask(5)).toBe("CONSISTENCY_INVALID");
  expect(await witness.kept()).toEqual(["E2"]);
});

test("reorder-tree: a later slot is put into the tree before an earlier one", async () => {
  const lying = LyingScheduler.withMessages(1);
  const items = [lying.sender, lying.sender].map((sender) =>
    lying.writer.place(sender.compose({ target: lying.process })),
  );
  const swapped = (): void => {
    for (const item of items.toReversed()) lying.log.append(item.entry);
    lying.items.get([...lying.items.keys()][0] ?? "")?.push(...items);
  };
  const found = await foundAfter(lying, swapped);
  expect(found).toContain("E6");
});

test("reorder-unseen: messages without a receipt are ordered otherwise than they came", async () => {
  const lying = LyingScheduler.withMessages(1);
  const [first, second] = [lying.sender, lying.sender].map((sender) =>
    sender.compose({ target: lying.process }),
  );
  const found = await foundAfter(lying, () => {
    lying.send({}, second);
    lying.send({}, first);
  });
  expect(found).toEqual([]);
});

test("drop-covered: an entry that a head covers is left out later", async () => {
  const drop = (lying: LyingScheduler) => (): number => {
    const [, , last] = lying.log.leaves.slice(2, 5) as [Uint8Array, Uint8Array, Uint8Array];
    lying.forkAt(2);
    lying.log.append(last);
    for (let i = 0; i < 4; i++) lying.send();
    return 2;
  };
  const one = LyingScheduler.withMessages(3);
  expect(await foundAfter(one, drop(one))).toEqual(["E2"]);
  const other = LyingScheduler.withMessages(3);
  expect(metByClient(other, drop(other))).toBe("E2");
  const third = LyingScheduler.withMessages(3);
  const witness = await witnessOf(third);
  expect(await witness.ask(0)).toBe("cosigned");
  drop(third)();
  expect(await witness.ask(5)).toBe("CONSISTENCY_INVALID");
  expect(await witness.kept()).toEqual(["E2"]);
});

test("drop-tree: a slot that has been given never gets into the tree", async () => {
  const lying = LyingScheduler.withMessages(1);
  const found = await foundAfter(lying, () => {
    const hidden = lying.writer.send(lying.process);
    lying.items.get([...lying.items.keys()][0] ?? "")?.push(hidden);
    lying.send();
  });
  expect(found).toEqual(["SLOT_MISSING without a file"]);
});

test("drop-unseen: a message is never given a slot", async () => {
  const lying = LyingScheduler.withMessages(1);
  lying.sender.compose({ target: lying.process });
  expect(await foundAfter(lying, () => lying.send())).toEqual([]);
});

test("fork-size: two heads of one size have two roots", async () => {
  const fork = (lying: LyingScheduler) => (): number => {
    lying.forkAt(3);
    return lying.send();
  };
  const one = LyingScheduler.withMessages(2);
  expect(await foundAfter(one, fork(one))).toEqual(["E1"]);
  const other = LyingScheduler.withMessages(2);
  expect(metByClient(other, fork(other), 3)).toBe("E1");
  const third = LyingScheduler.withMessages(2);
  const witness = await witnessOf(third);
  expect(await witness.ask(0)).toBe("cosigned");
  fork(third)();
  expect(await witness.ask(4)).toBe("CONSISTENCY_INVALID");
  expect(await witness.kept()).toEqual(["E1"]);
});

test("fork-later: a larger tree does not begin with a smaller one", async () => {
  const lying = LyingScheduler.withMessages(2);
  const witness = await witnessOf(lying);
  expect(await witness.ask(0)).toBe("cosigned");
  const found = await foundAfter(lying, () => {
    lying.forkAt(3);
    lying.send();
    lying.send();
  });
  expect(found).toEqual(["E2"]);
  expect(await witness.ask(4)).toBe("CONSISTENCY_INVALID");
  expect(await witness.kept()).toEqual(["E2"]);
});

test("split-view: somebody is shown another log than the witnesses", async () => {
  const lying = LyingScheduler.withMessages(2);
  const cosigned = [lying.log.head()];
  lying.forkAt(3);
  lying.send();
  lying.send();
  const monitor = await monitorOf(lying, memoryStore(), cosigned);
  expect(codesOf(await monitor.look())).toEqual(["E2"]);
  // Whoever sees one of the two logs alone sees an honest one.
  expect(codesOf(await (await monitorOf(lying)).look())).toEqual([]);
});

test("back-date: a slot has an earlier time than the slot before it", async () => {
  const lie = (lying: LyingScheduler) => (): number => lying.send({ timestamp: 1 });
  const one = LyingScheduler.withMessages(1);
  expect(await foundAfter(one, lie(one))).toContain("E6");
  const other = LyingScheduler.withMessages(1);
  expect(metByClient(other, lie(other))).toBe("E6");
});

test("back-date-first: the first slot of a process has a time of long ago", async () => {
  const lying = LyingScheduler.withMessages(1);
  const found = await foundAfter(lying, () => {
    lying.add(lying.writer.place(lying.writer.spawn(), { timestamp: 1 }));
  });
  expect(found).toEqual(["TIME_FAR without a file"]);
});

test("double-slot: one slot is given to two messages", async () => {
  const lie = (lying: LyingScheduler) => (): number => lying.send({ slot: 1 });
  const one = LyingScheduler.withMessages(1);
  expect(await foundAfter(one, lie(one))).toContain("E3");
  const other = LyingScheduler.withMessages(1);
  expect(metByClient(other, lie(other))).toBe("E3");
});

test("double-leaf: one entry stands in the tree twice", async () => {
  const lying = LyingScheduler.withMessages(1);
  const leaf = lying.log.leaves[2] as Uint8Array;
  expect(await foundAfter(lying, () => lying.log.append(leaf))).toEqual(["E3"]);
});

test("double-message: one message is given two slots", async () => {
  const lie = (lying: LyingScheduler) => (): number => {
    const message = lying.sender.compose({ target: lying.process });
    lying.send({}, message);
    return lying.send({}, message);
  };
  const one = LyingScheduler.withMessages(1);
  expect(await foundAfter(one, lie(one))).toEqual(["E5"]);
  const other = LyingScheduler.withMessages(1);
  const watch = new LogWatch();
  const at = lie(other)();
  expect(watch.takeEntry(...other.bound(at - 1))).toBeNull();
  expect(lieOf(watch.takeEntry(...other.bound(at)))).toBe("E5");
});

test("roll-back: an older head is shown than was signed", async () => {
  const lying = LyingScheduler.withMessages(3);
  const newest = lying.log.head();
  lying.shown = lying.log.head(3);
  const monitor = await monitorOf(lying, memoryStore(), [newest]);
  expect(codesOf(await monitor.look())).toEqual(["ROLLED_BACK without a file"]);
  const witness = await witnessOf(lying);
  lying.shown = newest;
  expect(await witness.ask(0)).toBe("cosigned");
  lying.shown = lying.log.head(3);
  expect(await witness.ask(3)).toBe("conflict");
});

test("roll-back-on: an old copy of the store goes on with another history", async () => {
  const lie = (lying: LyingScheduler) => (): number => {
    lying.forkAt(3);
    lying.send();
    return lying.send();
  };
  const one = LyingScheduler.withMessages(3);
  const newest = one.log.head();
  expect(await foundAfter(one, lie(one))).toEqual(["E1"]);
  const other = LyingScheduler.withMessages(3);
  expect(metByClient(other, lie(other), 4)).toBe("E1");
  // Whoever has not looked before learns of it from what witnesses have seen.
  const again = await monitorOf(one, memoryStore(), [newest]);
  expect(codesOf(await again.look())).toEqual(["E1"]);
});

test("second-key: another head key is stated", async () => {
  const lying = LyingScheduler.withMessages(1);
  const witness = await witnessOf(lying);
  const second = new SignedLog({ ...logOptions, key: otherKey });
  const found = await foundAfter(lying, () => {
    lying.log = second;
  });
  expect(found).toContain("E0");
  await witness.look();
  expect(await witness.kept()).toEqual(["E0"]);
  const watch = new LogWatch();
  const first = LyingScheduler.withMessages(1);
  expect(watch.takeHead(first.log.head(), first.log.headKey)).toBeNull();
  expect(lieOf(watch.takeHead(second.head(), second.headKey))).toBe("E0");
});

test("second-origin: a head is signed under another origin", async () => {
  const lying = LyingScheduler.withMessages(1);
  const found = await foundAfter(lying, () => {
    lying.shown = lying.log.head(2, "example.com/log");
  });
  expect(found).toEqual(["E0"]);
});

test("skip-slot: a slot is left out of a process's chain", async () => {
  const lie = (lying: LyingScheduler) => (): number => lying.send({ slot: 3 });
  const one = LyingScheduler.withMessages(1);
  expect(await foundAfter(one, lie(one))).toContain("E6");
  const other = LyingScheduler.withMessages(1);
  expect(metByClient(other, lie(other))).toBe("E6");
});

test("old-epoch: an instance that was fenced goes on giving slots", async () => {
  const lie = (lying: LyingScheduler) => (): number => lying.send({ epoch: 0 });
  const one = LyingScheduler.withMessages(1);
  expect(await foundAfter(one, lie(one))).toEqual(["E6"]);
  const other = LyingScheduler.withMessages(1);
  expect(metByClient(other, lie(other))).toBe("E6");
});

test("broken-chain: an entry names another before it", async () => {
  const lie = (lying: LyingScheduler) => (): number =>
    lying.send({ previous: new Uint8Array(32).fill(1) });
  const one = LyingScheduler.withMessages(1);
  expect(await foundAfter(one, lie(one))).toEqual(["E4"]);
  const other = LyingScheduler.withMessages(1);
  expect(metByClient(other, lie(other))).toBe("E4");
});

test("no-entry: a leaf of the tree is no entry", async () => {
  const lying = LyingScheduler.withMessages(1);
  const found = await foundAfter(lying, () => lying.log.append(Uint8Array.of(1, 2, 3)));
  expect(found).toEqual(["LEAF_MALFORMED without a file"]);
});

test("forged: a message that its owner never authorised is given a slot", async () => {
  const lying = LyingScheduler.withMessages(1);
  const message = lying.sender.compose({ target: lying.process });
  const authorisation = message.authorisation.slice();
  authorisation[authorisation.length - 1] = (authorisation.at(-1) ?? 0) ^ 1;
  const found = await foundAfter(lying, () => lying.send({}, { ...message, authorisation }));
  expect(found).toEqual(["E7"]);
});

test("late: a message is given a slot after its time", async () => {
  const lying = LyingScheduler.withMessages(1);
  const message = lying.sender.compose({ target: lying.process, notAfter: 1 });
  expect(await foundAfter(lying, () => lying.send({}, message))).toEqual(["E7"]);
});

test("elsewhere: a message is put into the log of another process", async () => {
  const lying = LyingScheduler.withMessages(1);
  const { process } = lying;
  const message = lying.sender.compose({ target: new Uint8Array(32).fill(9) });
  expect(await foundAfter(lying, () => lying.send({ process }, message))).toEqual(["E7"]);
});

test("foreign: a process that names another scheduler is given slots", async () => {
  const lying = LyingScheduler.withMessages(1);
  const lie = (): void => {
    lying.process = lying.spawn(testIdentity(9).address);
    lying.send();
  };
  expect(await foundAfter(lying, lie)).toEqual(["E8", "E8"]);
});

test("withhold-message: the message of an entry is not served", async () => {
  const lying = LyingScheduler.withMessages(1);
  const found = await foundAfter(lying, () => {
    lying.send();
    for (const items of lying.items.values()) items.pop();
  });
  expect(found).toEqual(["MESSAGE_WITHHELD without a file"]);
});

test("withhold-leaves: leaves or tiles are served that are not under the head", async () => {
  for (const part of ["leaves", "tile"] as const) {
    const lying = LyingScheduler.withMessages(1);
    const found = await foundAfter(lying, () => {
      lying.send();
      const { leaves, tile } = lying.source;
      const source = lying.source as { -readonly [Name in keyof typeof lying.source]: unknown };
      source.leaves = async (place: Parameters<typeof leaves>[0]) =>
        (await leaves(place)).map((leaf) => leaf.map((byte) => byte ^ 1));
      if (part === "tile") {
        source.tile = async (place: Parameters<typeof tile>[0]) =>
          (await tile(place)).map((byte) => byte ^ 1);
      }
    });
    const code = part === "leaves" ? "LEAVES_WITHHELD" : "TILES_WITHHELD";
    expect(found).toEqual([`${code} without a file`]);
  }
});

test("two-logs: a process's log shows another entry than the tree", async () => {
  const lying = LyingScheduler.withMessages(1);
  const found = await foundAfter(lying, () => {
    lying.send();
    const other = lying.writer.place(lying.sender.compose({ target: lying.process }), { slot: 2 });
    for (const items of lying.items.values()) items.splice(-1, 1, other);
  });
  expect(found).toEqual(["LOG_DIFFERS without a file"]);
});

test("an honest scheduler is followed over many looks without a word", async () => {
  const lying = LyingScheduler.withMessages(2);
  const store = memoryStore();
  const watch = new LogWatch();
  const witness = await witnessOf(lying);
  let known = 0;
  for (let look = 0; look < 5; look++) {
    const heads = [lying.log.head(), lying.log.head(1)];
    const monitor = await monitorOf(lying, store, heads);
    expect(codesOf(await monitor.look())).toEqual([]);
    for (let at = 1; at < lying.log.leaves.length; at++) {
      const [leaf, receipt] = lying.bound(at);
      expect(watch.takeEntry(leaf, receipt)).toBeNull();
      expect(logReceiptRecord.decode(receipt).treeIndex).toBe(at);
    }
    expect(await witness.ask(known)).toBe("cosigned");
    known = lying.log.leaves.length;
    lying.spawn();
    lying.send();
  }
  expect(await witness.kept()).toEqual([]);
});
