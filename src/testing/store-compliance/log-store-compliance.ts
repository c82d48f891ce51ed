/**
 * Compliance of the scheduler's logs with their port.
 *
 * @module
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { schedulerLease } from "../../node/store/ports/lease-store.ts";
import type { AppendOutcome, LogEntry, LogStore } from "../../node/store/ports/log-store.ts";
import { digested, idOf, type StoreSubject, withStores } from "./harness.ts";
import { appendRequest } from "./log-requests.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Registers the tests. */
export function logStoreCompliance(subject: StoreSubject): void {
  appending(subject);
  reading(subject);
  tailing(subject);
  model(subject);
}

function appending(subject: StoreSubject): void {
  test("log: gives slots from 0 on and tree indexes from 1 on", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const [p, q] = [idOf("p"), idOf("q")];
      expect(await log.head(p)).toBeNull();
      expect(await log.treeSize()).toBe(1);
      const outcomes = await log.append([
        appendRequest(p, "a", { slot: 0 }),
        appendRequest(q, "b", { slot: 0 }),
        appendRequest(p, "c", { slot: 1 }),
      ]);
      expect(outcomes).toEqual([
        { kind: "appended", slot: 0, treeIndex: 1 },
        { kind: "appended", slot: 0, treeIndex: 2 },
        { kind: "appended", slot: 1, treeIndex: 3 },
      ]);
      const last = appendRequest(p, "c", { slot: 1 });
      expect(await log.head(p)).toEqual({
        next: 2,
        epoch: 0,
        entryHash: last.entryHash,
        timestamp: last.timestamp,
      });
      expect(await log.treeSize()).toBe(4);
    });
  });

  test("log: answers a repeated message with its slot, whatever else it names", async () => {
    await withStores(subject, "scheduler", async ({ log }, stores) => {
      const p = idOf("p");
      await log.append([
        appendRequest(p, "a", { slot: 0, epoch: 3 }),
        appendRequest(p, "b", { slot: 1, epoch: 3 }),
      ]);
      const again = [
        appendRequest(p, "a", { slot: 0, epoch: 3 }),
        appendRequest(p, "a", { slot: 2, epoch: 3 }),
        appendRequest(p, "a", { slot: 77, epoch: 9 }),
        appendRequest(p, "b", { slot: 2, epoch: 0 }),
      ];
      const expected = [0, 0, 0, 1].map((slot) => ({ kind: "duplicate", slot }));
      expect(await log.append(again)).toEqual(expected);
      expect(await (await stores.reopen()).log.append(again)).toEqual(expected);
    });
  });

  test("log: authorisations with a shared beginning come back whole, also after reopening", async () => {
    await withStores(subject, "scheduler", async ({ log }, stores) => {
      const p = idOf("p");
      const shared = { id: idOf("beginning"), length: 5000 };
      const requests = ["a", "b", "c"].map((name, slot) => {
        const authorisation = new Uint8Array(5040).fill(7).fill(slot + 1, 5000);
        const request = { ...appendRequest(p, name, { slot }), authorisation };
        return name === "c" ? request : { ...request, shared };
      });
      await log.append(requests);
      const reopened = (await stores.reopen()).log;
      const kept = (await reopened.range(p, 0, 10)).map(({ authorisation }) => authorisation);
      expect(kept).toEqual(requests.map(({ authorisation }) => authorisation));
      expect((await reopened.entry(p, 1))?.authorisation).toEqual(requests[1]?.authorisation);
    });
  });

  test("log: the same message twice in one call is appended once", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const request = appendRequest(idOf("p"), "a", { slot: 0 });
      const kinds = (await log.append([request, request])).map((outcome) => outcome.kind);
      expect(kinds).toEqual(["appended", "duplicate"]);
    });
  });

  test("log: the same message id in two processes has a slot in each", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      for (const process of [idOf("p"), idOf("q")]) {
        const [outcome] = await log.append([appendRequest(process, "a", { slot: 0 })]);
        expect(outcome?.kind).toBe("appended");
        expect(await log.slotOf(process, idOf("a"))).toBe(0);
      }
    });
  });

  test("log: refuses a slot that is not next, with the head", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const p = idOf("p");
      expect(await log.append([appendRequest(p, "a", { slot: 1 })])).toEqual([
        { kind: "slot", head: null },
      ]);
      await log.append([appendRequest(p, "a", { slot: 0 })]);
      const head = await log.head(p);
      for (const slot of [0, 2, 9]) {
        expect(await log.append([appendRequest(p, "b", { slot })])).toEqual([
          { kind: "slot", head },
        ]);
      }
      expect(await log.slotOf(p, idOf("b"))).toBeNull();
    });
  });

  test("log: a later epoch fences the earlier one for ever", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const p = idOf("p");
      await log.append([appendRequest(p, "a", { slot: 0, epoch: 1 })]);
      await log.append([appendRequest(p, "b", { slot: 1, epoch: 2 })]);
      expect(await log.append([appendRequest(p, "c", { slot: 2, epoch: 1 })])).toEqual([
        { kind: "fenced", epoch: 2 },
      ]);
      expect(await log.slotOf(p, idOf("c"))).toBeNull();
      expect((await log.head(p))?.next).toBe(2);
      // Another process has not seen the later epoch, and no lease was granted in it.
      const [other] = await log.append([appendRequest(idOf("q"), "d", { slot: 0, epoch: 1 })]);
      expect(other?.kind).toBe("appended");
    });
  });

  test("log: who takes the lease fences the earlier holder for every process at once", async () => {
    await withStores(subject, "scheduler", async ({ log, lease }, stores) => {
      const epoch = (await lease.acquire(schedulerLease, "a", 600))?.epoch ?? -1;
      await log.append([appendRequest(idOf("p"), "a", { slot: 0, epoch })]);
      expect(await lease.acquire(schedulerLease, "b", 600)).toBeNull();
      stores.clock.advance(600);
      const later = (await lease.acquire(schedulerLease, "b", 600))?.epoch ?? -1;
      const fenced = [{ kind: "fenced", epoch: later }];
      const late = [
        appendRequest(idOf("p"), "b", { slot: 1, epoch }),
        appendRequest(idOf("q"), "c", { slot: 0, epoch }),
      ];
      expect(await log.append(late)).toEqual([...fenced, ...fenced]);
      // Nor when the later one has given the lease back, nor after a restart of the store.
      await lease.release(schedulerLease, "b", later);
      const reopened = (await stores.reopen()).log;
      expect(await reopened.append(late)).toEqual([...fenced, ...fenced]);
      const again = [appendRequest(idOf("p"), "a", { slot: 0, epoch })];
      expect(await reopened.append(again)).toEqual([{ kind: "duplicate", slot: 0 }]);
    });
  });

  test("log: of many writers of one slot exactly one wins", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const p = idOf("p");
      for (let slot = 0; slot < 20; slot++) {
        const outcomes = await Promise.all(
          Array.from({ length: 4 }, (_, writer) =>
            log.append([appendRequest(p, `${slot} by ${writer}`, { slot })]),
          ),
        );
        const kinds = outcomes.map(([outcome]) => String(outcome?.kind)).sort();
        expect(kinds).toEqual(["appended", "slot", "slot", "slot"]);
      }
      expect(await log.treeSize()).toBe(21);
    });
  });

  test("log: runs of concurrent calls are consecutive and never mix", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const p = idOf("p");
      const run = (writer: number): Promise<AppendOutcome[]> =>
        log.append([0, 1, 2].map((slot) => appendRequest(p, `${writer} ${slot}`, { slot })));
      const runs = await Promise.all([run(0), run(1), run(2)]);
      expect(runs.map((outcomes) => outcomes.map(({ kind }) => kind).join()).sort()).toEqual([
        "appended,appended,appended",
        "slot,slot,slot",
        "slot,slot,slot",
      ]);
    });
  });
}

function reading(subject: StoreSubject): void {
  test("log: gives entries back with every byte, also after reopening", async () => {
    await withStores(subject, "scheduler", async ({ log }, stores) => {
      const p = idOf("p");
      const requests = [
        appendRequest(p, "a", { slot: 0, dataBytes: 262_144 }),
        appendRequest(p, "b", { slot: 1 }),
        appendRequest(p, "c", { slot: 2, dataBytes: 262_144 }),
        { ...appendRequest(p, "d", { slot: 3 }), data: new Uint8Array(0), dataHash: idOf("none") },
      ];
      await log.append(requests);
      const expected = requests.map(({ expectedSlot, ...rest }, index) => ({
        ...rest,
        slot: expectedSlot,
        treeIndex: index + 1,
      }));
      expect(digested(await log.range(p, 0, 10))).toEqual(digested(expected));
      const reopened = (await stores.reopen()).log;
      expect(digested(await reopened.range(p, 0, 10))).toEqual(digested(expected));
      expect(digested(await reopened.entry(p, 2))).toEqual(digested(expected[2]));
      expect(await reopened.entry(p, 4)).toBeNull();
    });
  });

  test("log: pages a range from any slot, and keeps processes apart", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      for (const name of ["p", "q"]) {
        const requests = Array.from({ length: 10 }, (_, slot) =>
          appendRequest(idOf(name), `${name} ${slot}`, { slot }),
        );
        await log.append(requests);
      }
      const slots = async (from: number, limit: number): Promise<number[]> =>
        (await log.range(idOf("p"), from, limit)).map((entry) => entry.slot);
      expect(await slots(0, 3)).toEqual([0, 1, 2]);
      expect(await slots(8, 100)).toEqual([8, 9]);
      expect(await slots(10, 100)).toEqual([]);
      expect(await slots(0, 0)).toEqual([]);
    });
  });

  test("log: a page ends after 8 MiB but has at least one entry", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const p = idOf("p");
      const dataBytes = 3 * 1024 * 1024;
      const requests = Array.from({ length: 4 }, (_, slot) =>
        appendRequest(p, `m${slot}`, { slot, dataBytes: dataBytes + slot }),
      );
      await log.append(requests);
      expect((await log.range(p, 0, 100)).map((entry) => entry.slot)).toEqual([0, 1]);
    });
  });

  test("log: lists processes in the order of their ids, page by page", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const ids = Array.from({ length: 7 }, (_, index) => idOf(`p${index}`));
      await log.append(ids.map((id, index) => appendRequest(id, `m${index}`, { slot: 0 })));
      const sorted = ids.sort((left, right) => Buffer.compare(left, right));
      const first = await log.processes(null, 4);
      expect(first).toEqual(sorted.slice(0, 4));
      expect(await log.processes(first[3] ?? null, 4)).toEqual(sorted.slice(4));
    });
  });

  test("log: shows processes between two ids with their spawns, and counts all of them", async () => {
    await withStores(subject, "scheduler", async ({ log }, stores) => {
      expect(await log.processCount()).toBe(0);
      const ids = Array.from({ length: 7 }, (_, index) => idOf(`p${index}`));
      const spawns = ids.map((id, index) => appendRequest(id, `m${index}`, { slot: 0 }));
      await log.append(spawns.slice(0, 3));
      const later = appendRequest(ids[4] as Uint8Array, "later", { slot: 1 });
      await log.append([...spawns.slice(3), later]);
      const sorted = ids.sort((left, right) => Buffer.compare(left, right));
      const [first, last] = [sorted[1], sorted[5]] as [Uint8Array, Uint8Array];
      const shown = await log.listed(first, last, 100);
      expect(shown.map(({ process }) => process)).toEqual(sorted.slice(1, 6));
      for (const { process, spawn, spawnedAt, next } of shown) {
        const { body, timestamp } =
          spawns.find((each) => hex(each.process) === hex(process)) ?? later;
        expect([spawn, spawnedAt]).toEqual([body, timestamp]);
        expect(next).toBe(hex(process) === hex(later.process) ? 2 : 1);
      }
      expect((await log.listed(first, last, 2)).length).toBe(2);
      expect(await log.listed(last, first, 100)).toEqual([]);
      expect(await (await stores.reopen()).log.processCount()).toBe(7);
    });
  });

  test("log: leaves are all entries in the order they were made", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const made = [0, 1, 2, 3, 4].map((index) =>
        appendRequest(idOf(index % 2 === 0 ? "p" : "q"), `m${index}`, { slot: index >> 1 }),
      );
      await log.append(made.slice(0, 2));
      await log.append(made.slice(2));
      const leaves = await log.leaves(0, 100);
      expect(leaves.map((leaf) => leaf.treeIndex)).toEqual([1, 2, 3, 4, 5]);
      expect(leaves.map((leaf) => leaf.entry)).toEqual(made.map((request) => request.entry));
      expect(await log.leaves(4, 1)).toEqual([
        {
          treeIndex: 4,
          process: idOf("q"),
          slot: 1,
          entry: made[3]?.entry,
          entryHash: made[3]?.entryHash,
        },
      ]);
    });
  });
}

async function take(entries: AsyncIterable<LogEntry>, count: number): Promise<number[]> {
  const slots: number[] = [];
  for await (const entry of entries) {
    slots.push(entry.slot);
    if (slots.length === count) break;
  }
  return slots;
}

function tailing(subject: StoreSubject): void {
  test("log: a tail gives what is there and then what comes", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      const p = idOf("p");
      await log.append([0, 1].map((slot) => appendRequest(p, `m${slot}`, { slot })));
      const tail = take(log.tail(p, 1, new AbortController().signal), 4);
      for (let slot = 2; slot < 5; slot++) {
        await log.append([appendRequest(p, `m${slot}`, { slot })]);
      }
      expect(await tail).toEqual([1, 2, 3, 4]);
    });
  });

  test("log: a tail of a process that does not exist yet waits for it", async () => {
    await withStores(subject, "scheduler", async ({ log }, { clock }) => {
      const p = idOf("p");
      const tail = take(log.tail(p, 0, new AbortController().signal), 1);
      await expect.poll(() => clock.sleeping).toBe(1);
      await log.append([appendRequest(idOf("q"), "other", { slot: 0 })]);
      await log.append([appendRequest(p, "m", { slot: 0 })]);
      expect(await tail).toEqual([0]);
      expect(clock.sleeping).toBe(0);
    });
  });

  test("log: a tail ends without error when its signal aborts", async () => {
    await withStores(subject, "scheduler", async ({ log }, { clock }) => {
      const abort = new AbortController();
      const tail = take(log.tail(idOf("p"), 0, abort.signal), 1);
      await expect.poll(() => clock.sleeping).toBe(1);
      abort.abort();
      expect(await tail).toEqual([]);
      expect(clock.sleeping).toBe(0);
    });
  });
}

/** The model: what a log is, in thirty lines. */
class LogModel {
  readonly #logs = new Map<string, { readonly messages: string[]; epoch: number }>();
  #treeSize: number;

  constructor(treeSize: number) {
    this.#treeSize = treeSize;
  }

  next(process: string): number {
    return this.#logs.get(process)?.messages.length ?? 0;
  }

  messages(process: string): readonly string[] {
    return this.#logs.get(process)?.messages ?? [];
  }

  append(
    process: string,
    message: string,
    request: { readonly slot: number; readonly epoch: number },
  ): { readonly kind: string; readonly slot?: number; readonly treeIndex?: number } {
    const log = this.#logs.get(process) ?? { messages: [], epoch: 0 };
    const earlier = log.messages.indexOf(message);
    if (earlier >= 0) return { kind: "duplicate", slot: earlier };
    if (request.epoch < log.epoch) return { kind: "fenced" };
    if (request.slot !== log.messages.length) return { kind: "slot" };
    this.#logs.set(process, log);
    log.epoch = request.epoch;
    log.messages.push(message);
    return { kind: "appended", slot: request.slot, treeIndex: this.#treeSize++ };
  }
}

const requestArbitrary = fc.record({
  process: fc.constantFrom("p", "q", "r"),
  message: fc.nat(9).map((number) => `m${number}`),
  offset: fc.constantFrom(0, 0, 0, 0, 1, -1),
  epoch: fc.constantFrom(0, 0, 0, 1, 2),
});
const callsArbitrary = fc.array(fc.array(requestArbitrary, { maxLength: 6 }), { maxLength: 12 });

async function expectLogsEqual(log: LogStore, model: LogModel, run: string): Promise<void> {
  for (const process of ["p", "q", "r"]) {
    const entries = await log.range(idOf(`${run} ${process}`), 0, 1_000);
    const messages = model.messages(process).map((message) => idOf(`${run} ${message}`));
    expect(entries.map((entry) => entry.messageId)).toEqual(messages);
    expect(entries.map((entry) => entry.slot)).toEqual(messages.map((_, slot) => slot));
    expect((await log.head(idOf(`${run} ${process}`)))?.next ?? 0).toBe(messages.length);
  }
}

function model(subject: StoreSubject): void {
  test("property: any append calls have the outcomes and entries of the model", async () => {
    await withStores(subject, "scheduler", async ({ log }) => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(callsArbitrary, async (calls) => {
          const run = `run ${runs++}`;
          const model = new LogModel(await log.treeSize());
          for (const call of calls) {
            const planned = call.map(({ process, message, offset, epoch }) => {
              const slot = Math.max(0, model.next(process) + offset);
              return {
                process,
                message,
                slot,
                epoch,
                expected: model.append(process, message, { slot, epoch }),
              };
            });
            const outcomes = await log.append(
              planned.map(({ process, message, slot, epoch }) =>
                appendRequest(idOf(`${run} ${process}`), `${run} ${message}`, { slot, epoch }),
              ),
            );
            expect(outcomes).toMatchObject(planned.map(({ expected }) => expected));
          }
          await expectLogsEqual(log, model, run);
        }),
        { numRuns: 40 },
      );
    });
  });
}
