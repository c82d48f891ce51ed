/**
 * Compliance of the messenger's pushes with their port.
 *
 * @module
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import type {
  PendingPush,
  PushItem,
  PushRecord,
  PushStore,
} from "../../node/store/ports/push-store.ts";
import { idOf, type StoreSubject, withStores } from "./harness.ts";

const visibilityMs = 1_000;

/** Registers the tests. */
export function pushStoreCompliance(subject: StoreSubject): void {
  recording(subject);
  delivering(subject);
  model(subject);
}

function item(index: number, target: string): PushItem {
  return {
    index,
    target: idOf(target),
    messageId: idOf(`message ${index} to ${target}`),
    payload: new TextEncoder().encode(`payload ${index}`),
  };
}

function record(
  source: string,
  slot: number,
  targets: readonly string[],
  more: Partial<PushRecord> & { readonly now: number },
): PushRecord {
  const items = targets.map((target, index) => item(index, target));
  return { process: idOf(source), slot, items, cursor: slot + 1, ...more };
}

function names(claims: readonly PendingPush[]): string[] {
  return claims.map(({ slot, index }) => `${slot}.${index}`).sort();
}

function recording(subject: StoreSubject): void {
  test("push: records a result once, with its cursor, across restarts", async () => {
    await withStores(subject, "messenger", async ({ pushes }, stores) => {
      const now = stores.clock.now();
      const first = record("s", 4, ["t", "u"], { now });
      expect(await pushes.cursor(idOf("s"))).toBeNull();
      expect(await pushes.isRecorded(idOf("s"), 4)).toBe(false);
      expect(await pushes.record(first)).toBe("recorded");
      const reopened = (await stores.reopen()).pushes;
      expect(await reopened.record(first)).toBe("known");
      expect(await reopened.isRecorded(idOf("s"), 4)).toBe(true);
      expect(await reopened.cursor(idOf("s"))).toBe(5);
      expect(await reopened.depth()).toEqual({ pending: 2, failed: 0 });
      expect(await reopened.depthOf(idOf("s"))).toBe(2);
      expect(await reopened.depthOf(idOf("t"))).toBe(0);
      expect(await reopened.pendingOf(idOf("s"), 4)).toEqual(
        first.items.map((each) => ({
          ...each,
          ...{ process: idOf("s"), slot: 4, tries: 0, dueAt: now, recordedAt: now, reason: null },
        })),
      );
    });
  });

  test("push: the cursor never falls, and an empty outbox moves it too", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const now = clock.now();
      await pushes.record(record("s", 7, [], { now }));
      await pushes.record(record("s", 3, ["t"], { now }));
      await pushes.record(record("s", 9, ["t"], { now, cursor: null }));
      expect(await pushes.cursor(idOf("s"))).toBe(8);
      await pushes.record(record("r", 0, [], { now }));
      const cursors = await pushes.cursors(null, 10);
      expect(cursors).toHaveLength(2);
      expect(await pushes.cursors(cursors[0]?.process ?? null, 10)).toEqual([cursors[1]]);
    });
  });

  test("push: a full queue refuses a result and leaves its cursor", async () => {
    await withStores(
      subject,
      "messenger",
      async ({ pushes }, { clock }) => {
        const now = clock.now();
        expect(await pushes.record(record("s", 0, ["t", "t"], { now }))).toBe("recorded");
        expect(await pushes.record(record("s", 1, ["t", "t"], { now }))).toBe("full");
        expect(await pushes.cursor(idOf("s"))).toBe(1);
        expect(await pushes.isRecorded(idOf("s"), 1)).toBe(false);
        await pushes.done(await pushes.claim(9, now, visibilityMs));
        expect(await pushes.record(record("s", 1, ["t", "t"], { now }))).toBe("recorded");
      },
      { pendingPushesMax: 3 },
    );
  });

  test("push: recording again queues what is not pending, failed items too", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const now = clock.now();
      const result = record("s", 0, ["t", "u", "v"], { now });
      await pushes.record(result);
      const [first, second] = await pushes.claim(2, now, visibilityMs);
      if (first === undefined || second === undefined) throw new Error("two items are due");
      await pushes.done([first]);
      await pushes.fail(second, "TARGET_REFUSED");
      expect(await pushes.depth()).toEqual({ pending: 1, failed: 1 });
      expect(await pushes.record({ ...result, again: true })).toBe("recorded");
      expect(await pushes.depth()).toEqual({ pending: 3, failed: 0 });
      expect(await pushes.failedOf(idOf("s"), 0)).toEqual([]);
      expect(names(await pushes.claim(9, now, visibilityMs))).toEqual(["0.0", "0.1", "0.2"]);
    });
  });
}

function delivering(subject: StoreSubject): void {
  test("push: hands out only the lowest undelivered item of a source and target", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const now = clock.now();
      await pushes.record(record("s", 1, ["t", "t", "u"], { now }));
      await pushes.record(record("s", 0, ["t"], { now }));
      await pushes.record(record("r", 0, ["t"], { now }));
      const first = await pushes.claim(9, now, visibilityMs);
      expect(names(first)).toEqual(["0.0", "0.0", "1.2"]);
      expect(await pushes.claim(9, now, visibilityMs)).toEqual([]);
      await pushes.done(first);
      const second = await pushes.claim(9, now, visibilityMs);
      expect(names(second)).toEqual(["1.0"]);
      await pushes.done(second);
      expect(names(await pushes.claim(9, now, visibilityMs))).toEqual(["1.1"]);
    });
  });

  test("push: hands out at most as many as asked for, earliest due first", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const now = clock.now();
      await pushes.record(record("s", 0, ["late"], { now: now + 5 }));
      await pushes.record(record("s", 1, ["early"], { now }));
      expect(await pushes.nextDue()).toBe(now);
      expect(names(await pushes.claim(1, now + 5, visibilityMs))).toEqual(["1.0"]);
      expect(names(await pushes.claim(1, now + 5, visibilityMs))).toEqual(["0.0"]);
    });
  });

  test("push: a claim that nobody ends is handed out again, also after a restart", async () => {
    await withStores(subject, "messenger", async ({ pushes }, stores) => {
      const now = stores.clock.now();
      await pushes.record(record("s", 0, ["t"], { now }));
      await pushes.claim(9, now, visibilityMs);
      const reopened = (await stores.reopen()).pushes;
      expect(await reopened.claim(9, now + visibilityMs - 1, visibilityMs)).toEqual([]);
      const [again] = await reopened.claim(9, now + visibilityMs, visibilityMs);
      expect(again?.tries).toBe(2);
    });
  });

  test("push: a retry hides the item and notes why; a stale retry does nothing", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const now = clock.now();
      await pushes.record(record("s", 0, ["t"], { now }));
      const [claim] = await pushes.claim(9, now, visibilityMs);
      if (claim === undefined) throw new Error("one item is due");
      await pushes.retry(claim, now + 250, "503");
      expect(await pushes.nextDue()).toBe(now + 250);
      expect((await pushes.pendingOf(idOf("s"), 0))[0]).toMatchObject({ tries: 1, reason: "503" });
      const [second] = await pushes.claim(9, now + 250, visibilityMs);
      expect(second).toMatchObject({ tries: 2, reason: "503" });
      await pushes.retry(claim, now + 9_999, "late answer");
      expect(await pushes.nextDue()).toBe(now + 250 + visibilityMs);
    });
  });

  test("push: a failure is final, kept with its code, and frees the items behind it", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const now = clock.now();
      await pushes.record(record("s", 0, ["t", "t"], { now }));
      const [claim] = await pushes.claim(9, now, visibilityMs);
      if (claim === undefined) throw new Error("one item is due");
      await pushes.fail(claim, "TARGET_UNKNOWN");
      await pushes.fail(claim, "TARGET_UNKNOWN");
      expect(await pushes.depth()).toEqual({ pending: 1, failed: 1 });
      expect(await pushes.failedOf(idOf("s"), 0)).toEqual([
        {
          index: 0,
          target: idOf("t"),
          messageId: claim.messageId,
          code: "TARGET_UNKNOWN",
          tries: 1,
        },
      ]);
      expect(names(await pushes.claim(9, now, visibilityMs))).toEqual(["0.1"]);
    });
  });

  test("push: what was put off by a clock that went back is made due, and nothing else", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const ahead = clock.now() + 3_600_000;
      await pushes.record(record("s", 0, ["t", "t", "u"], { now: ahead }));
      const claims = await pushes.claim(9, ahead, visibilityMs);
      expect(names(claims)).toEqual(["0.0", "0.2"]);
      const [first, last] = [0, 2].map((index) => claims.find((claim) => claim.index === index));
      if (first === undefined || last === undefined) throw new Error("two items are due");
      await pushes.retry(last, ahead + 5_000, "for days");
      const now = ahead - 3_600_000;
      await pushes.record(record("r", 0, ["t"], { now }));
      const waitMaxMs = ({ reason }: PendingPush): number => (reason === null ? 1_000 : 1e9);
      expect(await pushes.claim(9, now - 1, visibilityMs)).toEqual([]);
      // The one that is claimed and the one that waits behind it; not the one that may wait.
      expect(await pushes.hurry(now, waitMaxMs)).toBe(2);
      expect(await pushes.hurry(now, waitMaxMs)).toBe(0);
      expect(names(await pushes.claim(9, now, visibilityMs))).toEqual(["0.0", "0.0"]);
      await pushes.done([first]);
      expect(names(await pushes.claim(9, now, visibilityMs))).toEqual(["0.1"]);
      expect(await pushes.nextDue()).toBe(now + visibilityMs);
    });
  });

  test("push: what is done stays done, whoever ends it again", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      const now = clock.now();
      await pushes.record(record("s", 0, ["t"], { now }));
      const claims = await pushes.claim(9, now, visibilityMs);
      await pushes.done(claims);
      await pushes.done(claims);
      const [claim] = claims;
      if (claim !== undefined) {
        await pushes.fail(claim, "LATE");
        await pushes.retry(claim, now, "late");
      }
      expect(await pushes.depth()).toEqual({ pending: 0, failed: 0 });
      expect(await pushes.nextDue()).toBeNull();
      expect(await pushes.pendingOf(idOf("s"), 0)).toEqual([]);
    });
  });
}

/** The model: a list of items; an item is due if it is the lowest of its lane and its time came. */
class PushModel {
  #items: { lane: string; slot: number; index: number; dueAt: number }[] = [];

  record(source: string, slot: number, targets: readonly string[], now: number): void {
    targets.forEach((target, index) => {
      this.#items.push({ lane: `${source}>${target}`, slot, index, dueAt: now });
    });
    this.#items.sort((left, right) => left.slot - right.slot || left.index - right.index);
  }

  claim(now: number): string[] {
    const lanes = new Set<string>();
    const claimed: string[] = [];
    for (const each of this.#items) {
      if (lanes.has(each.lane)) continue;
      lanes.add(each.lane);
      if (each.dueAt > now) continue;
      each.dueAt = now + visibilityMs;
      claimed.push(`${each.slot}.${each.index}`);
    }
    return claimed.sort();
  }

  end(slot: number, index: number): void {
    this.#items = this.#items.filter((each) => each.slot !== slot || each.index !== index);
  }

  retry(slot: number, index: number, dueAt: number): void {
    for (const each of this.#items) {
      if (each.slot === slot && each.index === index) each.dueAt = dueAt;
    }
  }

  get size(): number {
    return this.#items.length;
  }
}

const stepArbitrary = fc.record({
  verb: fc.constantFrom("record", "record", "claim", "claim", "done", "done", "retry", "fail"),
  source: fc.constantFrom("s", "r"),
  targets: fc.array(fc.constantFrom("t", "u", "v"), { maxLength: 4 }),
  slotBack: fc.boolean(),
  pick: fc.nat(),
  ms: fc.nat(700),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** One run of the store beside the model. Slots count over both sources, so a name is one item. */
class PushRun {
  readonly #pushes: PushStore;
  readonly #model = new PushModel();
  readonly #advance: (ms: number) => number;
  readonly #run: number;
  #claims: PendingPush[] = [];
  #slots: number[] = Array.from({ length: 64 }, (_, slot) => slot);

  constructor(pushes: PushStore, run: number, advance: (ms: number) => number) {
    this.#pushes = pushes;
    this.#run = run;
    this.#advance = advance;
  }

  async step({ verb, source, targets, slotBack, pick, ms }: Step): Promise<void> {
    const now = this.#advance(ms);
    if (verb === "record") {
      // Sometimes out of order, as when an old result is pushed by request.
      const slot = (slotBack ? this.#slots.pop() : this.#slots.shift()) ?? 0;
      await this.#pushes.record(record(`${source} ${this.#run}`, slot, targets, { now }));
      this.#model.record(source, slot, targets, now);
    } else if (verb === "claim") {
      const claims = await this.#pushes.claim(100, now, visibilityMs);
      expect(names(claims)).toEqual(this.#model.claim(now));
      // A later claim of an item takes the place of an earlier one, whose retry would be stale.
      const fresh = new Set(names(claims));
      const old = this.#claims.filter(({ slot, index }) => !fresh.has(`${slot}.${index}`));
      this.#claims = [...old, ...claims];
    } else {
      const [claim] = this.#claims.splice(pick % Math.max(1, this.#claims.length), 1);
      if (claim !== undefined) await this.#end(verb, claim, now + ms);
    }
    expect((await this.#pushes.depth()).pending).toBe(this.#model.size);
  }

  async drain(): Promise<void> {
    for (let left = this.#model.size; left > 0; left = this.#model.size) {
      const now = this.#advance(100_000);
      const claims = await this.#pushes.claim(100, now, visibilityMs);
      expect(names(claims)).toEqual(this.#model.claim(now));
      await this.#pushes.done(claims);
      for (const { slot, index } of claims) this.#model.end(slot, index);
    }
    expect(await this.#pushes.nextDue()).toBeNull();
  }

  async #end(verb: string, claim: PendingPush, dueAt: number): Promise<void> {
    const { slot, index } = claim;
    if (verb === "retry") {
      await this.#pushes.retry(claim, dueAt, "503");
      this.#model.retry(slot, index, dueAt);
      return;
    }
    if (verb === "done") await this.#pushes.done([claim]);
    else await this.#pushes.fail(claim, "REFUSED");
    this.#model.end(slot, index);
  }
}

function model(subject: StoreSubject): void {
  test("property: any sequence of push calls hands out what the model hands out", async () => {
    await withStores(subject, "messenger", async ({ pushes }, { clock }) => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 40 }), async (steps) => {
          const run = new PushRun(pushes, runs++, (ms) => {
            clock.advance(ms);
            return clock.now();
          });
          try {
            for (const step of steps) await run.step(step);
          } finally {
            await run.drain();
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}
