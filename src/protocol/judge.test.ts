import { expect, test } from "vitest";
import { encodeCanonical } from "./codec.ts";
import { idText } from "./ids.ts";
import { type Diagnostic, judge, type MachineOutcome, resultOf } from "./judge.ts";
import { type Body, ownerKinds } from "./message.ts";
import { type Output, outputHashOf, outputRecord } from "./output.ts";
import { exits, resultRecord } from "./result.ts";
import { spawnTermsOf } from "./spawn.ts";

const digestOf = (byte: number) => new Uint8Array(32).fill(byte);
const parent: Body = {
  network: digestOf(1),
  owner: { kind: ownerKinds.key, id: digestOf(2) },
  target: null,
  anchor: new Uint8Array(0),
  notAfter: 77,
  depth: 3,
  budget: 1_000_000,
  tags: [
    { name: "Module", value: idText(digestOf(3)) },
    { name: "Scheduler", value: idText(digestOf(4)) },
    { name: "Gas-Limit", value: "5000" },
  ],
  dataForm: 0,
  dataHash: null,
  dataSize: 0,
};
const source = { process: digestOf(5), slot: 9, terms: spawnTermsOf(parent), parent };
const place = {
  rules: 1,
  process: digestOf(5),
  slot: 9,
  entryHash: digestOf(6),
  messageId: digestOf(7),
  module: digestOf(3),
  preRoot: digestOf(8),
  postRoot: digestOf(9),
  inboxHash: digestOf(10),
};
const diagnosticOf = (reason: string): Diagnostic => ({
  reason,
  text: `because of ${reason}`,
  file: null,
  line: null,
  column: null,
});
const outputOf = (changes: Partial<Output>): Output => ({
  output: new Uint8Array(0),
  messages: [],
  spawns: [],
  logs: [],
  ...changes,
});

test("a failure commits to the gas limit, the old state and nothing else, whatever the reason", () => {
  const stopped = ["gas", "stack", "trap", "abort", "memory-range", "module", "stillborn"];
  const outcomes: MachineOutcome[] = [
    ...stopped.map((reason) => ({ ok: false, diagnostic: diagnosticOf(reason) }) as const),
    { ok: true, returned: new Uint8Array(0), gasUsed: 10 },
    { ok: true, returned: encodeCanonical([7, 1, new Uint8Array(0), [], [], [1]]), gasUsed: 20 },
    { ok: true, returned: new Uint8Array(2 * 1024 * 1024), gasUsed: 30 },
  ];
  const results = outcomes.map((outcome) =>
    resultRecord.encode(resultOf(judge(outcome, source), place)),
  );
  for (const result of results) expect(result).toEqual(results[0]);
  expect(resultRecord.decode(results[0] as Uint8Array)).toEqual({
    ...place,
    postRoot: place.preRoot,
    outputHash: null,
    outboxRoot: null,
    outboxCount: 0,
    gasUsed: 5000,
    exit: exits.failed,
  });
});

test("a success commits to all returned bytes, the gas used and the new state", () => {
  const returned = outputRecord.encode(outputOf({ output: Uint8Array.of(1) }));
  const verdict = judge({ ok: true, returned, gasUsed: 123 }, source);
  expect(resultOf(verdict, place)).toMatchObject({
    exit: exits.ok,
    gasUsed: 123,
    postRoot: place.postRoot,
    outputHash: outputHashOf(returned),
    outboxCount: 0,
  });
});

test("the host sets owner, anchor, network, depth, budget and end; the guest target, tags and data", () => {
  const data = Uint8Array.of(1, 2, 3);
  const tags = [
    { name: "Action", value: "Ping" },
    { name: "Depth", value: "0" },
    { name: "Budget", value: "1000000000000" },
  ];
  const messages = [
    { target: digestOf(20), tags, data },
    { target: digestOf(21), tags: [], data: null },
  ];
  const returned = outputRecord.encode(outputOf({ messages }));
  const { outbox } = judge({ ok: true, returned, gasUsed: 40_000 }, source);
  const host = {
    network: parent.network,
    owner: { kind: ownerKinds.process, id: source.process },
    notAfter: 0,
    depth: 4,
    budget: (1_000_000 - 40_000) / 2,
  };
  expect(outbox[0]?.body).toMatchObject({
    ...host,
    anchor: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0),
    target: digestOf(20),
    tags,
    dataSize: 3,
  });
  expect(outbox[1]?.body).toMatchObject({
    ...host,
    anchor: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1),
    target: digestOf(21),
    tags: [],
  });
});

test("messages between processes end: depth and budget run out, whatever a process spends", () => {
  const target = source.process;
  const returned = outputRecord.encode(outputOf({ messages: [{ target, tags: [], data: null }] }));
  let [body, count] = [parent, 0];
  // 20,000 gas is taken of the budget where an evaluation used less.
  for (; body.budget >= 20_000; count++) {
    const { outbox } = judge({ ok: true, returned, gasUsed: 1 }, { ...source, parent: body });
    const next = outbox[0]?.body;
    expect(next?.depth).toBe(body.depth + 1);
    body = next as Body;
  }
  expect(count).toBe(50);
});
