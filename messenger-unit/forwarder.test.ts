import { expect, test } from "vitest";
import type { SchedulerClient } from "../src/client/scheduler-client.ts";
import { UnitCallError } from "../src/client/unit-call.ts";
import { type Acceptance, assigned, refused } from "../src/protocol/acceptance.ts";
import { entryRecord } from "../src/protocol/entry.ts";
import type { Envelope } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { batchBytesMax, batchEnvelopesMax } from "../src/protocol/limits.ts";
import { Forwarder, type Outgoing } from "./forwarder.ts";
import { KnownUnit } from "./known-unit.ts";

const process = new Uint8Array(32).fill(1);
const network = new Uint8Array(32);

function outgoing(number: number, dataBytes = 0): Outgoing {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(0, number);
  const envelope = { body: id, authorisation: id, data: new Uint8Array(dataBytes) };
  return { id, process, envelope };
}

function entryOf(id: Uint8Array, slot: number): Uint8Array {
  const previous = slot === 0 ? null : id;
  return entryRecord.encode({
    process,
    slot,
    messageId: id,
    authorisationHash: id,
    timestamp: 1,
    epoch: 0,
    previous,
  });
}

/** A scheduler that answers batches when it is told to. */
class HeldScheduler {
  readonly batches: (readonly Envelope[])[] = [];
  readonly unit: KnownUnit<SchedulerClient>;
  answer = (envelopes: readonly Envelope[]): readonly Acceptance[] =>
    envelopes.map(({ body: id }, slot) =>
      assigned({ id, process, slot, entry: entryOf(id, slot) }),
    );
  #release: (() => void)[] = [];

  constructor() {
    const submitBatch = async (envelopes: readonly Envelope[]): Promise<readonly Acceptance[]> => {
      this.batches.push(envelopes);
      await new Promise<void>((resolve) => this.#release.push(resolve));
      return this.answer(envelopes);
    };
    const client = { submitBatch } as unknown as SchedulerClient;
    this.unit = new KnownUnit({ url: "http://s.test", client, role: "scheduler", network });
  }

  /** Lets every batch go that has arrived, until none comes any more. */
  async release(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) {
      for (const go of this.#release.splice(0)) go();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("divides what comes at once among the requests that may be under way", async () => {
  const lengths = async (count: number): Promise<number[]> => {
    const scheduler = new HeldScheduler();
    const forwarder = new Forwarder({ waitingMax: 1000 });
    const all = Array.from({ length: count }, (_, i) =>
      forwarder.forward(scheduler.unit, outgoing(i)),
    );
    await Promise.resolve();
    const sent = scheduler.batches.map(({ length }) => length);
    await scheduler.release();
    await Promise.all(all);
    return sent;
  };
  expect(await lengths(20)).toEqual([20]);
  expect(await lengths(60)).toEqual([24, 24, 12]);
  expect(await lengths(401)).toEqual([101, 100, 100, 100]);
});

test("sends at once what comes first, and in batches what comes while four are under way", async () => {
  const scheduler = new HeldScheduler();
  const forwarder = new Forwarder({ waitingMax: 100 });
  const send = (number: number) => forwarder.forward(scheduler.unit, outgoing(number));
  const answers: ReturnType<typeof send>[] = [];
  for (let i = 0; i < 4; i++) {
    answers.push(send(i));
    await Promise.resolve();
  }
  for (let i = 4; i < 14; i++) answers.push(send(i));
  await Promise.resolve();
  expect(scheduler.batches.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
  expect(forwarder.waitingCount).toBe(10);
  await scheduler.release();
  expect((await Promise.all(answers)).map(({ slot }) => slot).slice(4)).toEqual([
    ...Array(10).keys(),
  ]);
  expect(scheduler.batches.map(({ length }) => length)).toEqual([1, 1, 1, 1, 10]);
});

test("keeps every batch within the bounds of count and bytes", async () => {
  const scheduler = new HeldScheduler();
  const forwarder = new Forwarder({ waitingMax: 10_000 });
  const small = Array.from({ length: 2000 }, (_, i) =>
    forwarder.forward(scheduler.unit, outgoing(i)),
  );
  const large = Array.from({ length: 40 }, (_, i) =>
    forwarder.forward(scheduler.unit, outgoing(5000 + i, 256 * 1024)),
  );
  await scheduler.release();
  await Promise.all([...small, ...large]);
  for (const batch of scheduler.batches) {
    expect(batch.length).toBeLessThanOrEqual(batchEnvelopesMax);
    const bytes = batch.reduce((sum, { data }) => sum + 64 + (data?.length ?? 0), 0);
    expect(bytes).toBeLessThan(batchBytesMax);
  }
});

test("a refusal concerns one message, and a failed call none for good", async () => {
  const scheduler = new HeldScheduler();
  const forwarder = new Forwarder({ waitingMax: 100 });
  const codeOf = async (message: Outgoing): Promise<string> => {
    const answer = forwarder.forward(scheduler.unit, message);
    void scheduler.release();
    return answer.then(
      () => "none",
      (error: ProtocolError) => `${error.code} ${error.status}`,
    );
  };
  const id = outgoing(1).id;
  const refusing = (code: "EXPIRED" | "FENCED") => () => [
    refused({ id, process }, new ProtocolError(code)),
  ];
  scheduler.answer = refusing("EXPIRED");
  expect(await codeOf(outgoing(1))).toBe("EXPIRED 422");
  scheduler.answer = refusing("FENCED");
  expect(await codeOf(outgoing(1))).toBe("UNAVAILABLE 503");
  scheduler.answer = () => {
    throw new UnitCallError("REQUEST_INVALID", { status: 400 }, {});
  };
  expect(await codeOf(outgoing(1))).toBe("UNAVAILABLE 503");
  scheduler.answer = () => {
    throw new UnitCallError("RATE_LIMITED", { status: 429 }, {});
  };
  expect(await codeOf(outgoing(1))).toBe("OVERLOADED 503");
});

test("takes no slot whose entry is of another message, process or slot", async () => {
  const id = outgoing(1).id;
  const other = outgoing(2).id;
  const answers: readonly Acceptance[] = [
    assigned({ id, process, slot: 0, entry: entryOf(other, 0) }),
    assigned({ id, process, slot: 1, entry: entryOf(id, 0) }),
    assigned({ id, process, slot: 0, entry: new Uint8Array(4) }),
    { ...assigned({ id, process, slot: 0, entry: id }), assignment: null },
  ];
  for (const answer of answers) {
    const scheduler = new HeldScheduler();
    scheduler.answer = () => [answer];
    const run = new Forwarder({ waitingMax: 100 }).forward(scheduler.unit, outgoing(1));
    void scheduler.release();
    await expect(run).rejects.toThrow("UNAVAILABLE");
  }
  const silent = new HeldScheduler();
  silent.answer = () => [];
  const run = new Forwarder({ waitingMax: 100 }).forward(silent.unit, outgoing(1));
  void silent.release();
  await expect(run).rejects.toThrow("UNAVAILABLE");
});

test("refuses what does not fit into its queue", async () => {
  const scheduler = new HeldScheduler();
  const forwarder = new Forwarder({ waitingMax: 2 });
  const first = [0, 1].map((i) => forwarder.forward(scheduler.unit, outgoing(i)));
  await expect(forwarder.forward(scheduler.unit, outgoing(2))).rejects.toThrow("OVERLOADED");
  await scheduler.release();
  await Promise.all(first);
});
