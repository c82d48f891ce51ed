import { beforeAll, expect, test } from "vitest";
import type { SchedulerClient } from "../client/scheduler-client.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { contentIdOf } from "../protocol/ids.ts";
import { compileAssemblyScript } from "../testing/assembly-script.ts";
import { EntryWriter } from "../testing/honest-entries.ts";
import { testIdentity } from "../testing/sender.ts";
import { LogFault } from "./checked-pages.ts";
import { shadowReplay } from "./shadow-replay.ts";

/** Counts its messages in memory and answers the count: [7, 1, <count>, [], [], []]. */
const counting = (step: string): string => `
let count: u32 = 0;
const answer = memory.data<u8>([0x96, 7, 1, 0xc4, 1, 0, 0x90, 0x90, 0x90]);
const inbox = memory.data(4096);
export function alloc(length: i32): i32 { return <i32>inbox; }
export function handle(length: i32): i64 {
  ${step}
  store<u8>(answer + 5, 48 + count);
  return (<i64>answer << 32) | 9;
}
`;

const network = new Uint8Array(32).fill(7);
const scheduler = testIdentity(1);
const slots = 6;

let module: Uint8Array;
let process: Uint8Array;
let items: readonly LogItem[];

beforeAll(async () => {
  module = await compileAssemblyScript(counting("count += 1;"));
  const authors = { network, scheduler: scheduler.address, owner: testIdentity(4) };
  const writer = new EntryWriter(authors);
  const units = { module: contentIdOf(module), scheduler: scheduler.address };
  const spawn = writer.sender.spawn(units);
  process = spawn.id;
  const sent = (): LogItem => writer.send(process);
  items = [writer.place(spawn), ...Array.from({ length: slots - 1 }, sent)];
});

/** The story through its own module and another. */
async function replayWith(source: string | Uint8Array, to = Number.MAX_SAFE_INTEGER - 1) {
  const log: SchedulerClient["log"] = async (_, { from = 0, limit = 1 } = {}) => {
    const page = items.slice(from, from + limit);
    return { process, items: page, next: from + page.length };
  };
  const call = async () => ({ status: 200, contentType: "", body: module });
  return shadowReplay({
    network,
    process,
    scheduler: { log, unit: { url: "scheduler", call } } as unknown as SchedulerClient,
    schedulerAddress: scheduler.address,
    candidate: typeof source === "string" ? await compileAssemblyScript(source) : source,
    to,
    onProgress: () => undefined,
  });
}

test("the process's own module makes no difference, to the end or to a slot", async () => {
  const same = { outputsDiffer: 0, statesDiffer: 0, firstOutput: null, firstState: null };
  expect(await replayWith(module)).toMatchObject({ slots, ...same });
  expect(await replayWith(module, 1)).toMatchObject({ slots: 2, ...same });
});

test("finds the first slot whose output and state another module changes, and how", async () => {
  const replay = await replayWith(counting("count += count == 2 ? 2 : 1;"));
  expect(replay).toMatchObject({
    slots,
    outputsDiffer: slots - 2,
    statesDiffer: slots - 2,
    firstOutput: { slot: 2, outputs: [{ field: "output", current: '"3"', candidate: '"4"' }] },
  });
  const { firstOutput, firstState, gas } = replay ?? {};
  expect(firstState).toMatchObject(firstOutput ?? {});
  // The byte of the answer, and the counter, which is a global.
  expect(firstState?.state).toMatchObject({ pages: null, bytes: 1, moreRanges: 0 });
  expect(firstState?.state?.globals).toContainEqual({ index: 0, current: "3", candidate: "4" });
  expect(gas?.candidate).toBeGreaterThan(gas?.current ?? 0);
});

test("state and output may differ first in different slots", async () => {
  const source = counting("count += 1; if (count == 2) store<u8>(9000, 1);");
  const replay = await replayWith(source);
  expect(replay).toMatchObject({ outputsDiffer: 0, statesDiffer: slots - 1 });
  expect(replay?.firstState).toMatchObject({ slot: 1, outputs: [] });
  expect(replay?.firstState?.state?.ranges).toEqual([{ from: 9000, to: 9001 }]);
});

test("a module that traps where the process's own does not says why", async () => {
  const replay = await replayWith(counting("count += 1; if (count == 4) unreachable();"));
  expect(replay?.firstOutput).toMatchObject({
    slot: 3,
    outputs: [
      { field: "exit", current: "ok", candidate: "failed" },
      { field: "output", current: '"4"', candidate: null },
    ],
    diagnostics: { current: null, candidate: { reason: "trap" } },
  });
});

test("a module that the profile refuses is refused before any slot", async () => {
  await expect(replayWith(Uint8Array.of(0, 97, 115, 109))).rejects.toThrow("UNEXPECTED_END");
});

test("a faulty log is no basis, and nothing is said of slots after the fault", async () => {
  const honest = items;
  items = items.filter((_, slot) => slot !== 3);
  try {
    await expect(replayWith(module)).rejects.toThrow(LogFault);
  } finally {
    items = honest;
  }
});
