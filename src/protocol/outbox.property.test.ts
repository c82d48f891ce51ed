import fc from "fast-check";
import { expect, test } from "vitest";
import { idText } from "./ids.ts";
import { judge } from "./judge.ts";
import { messageGasMin } from "./limits.ts";
import { budgetShare, outboxOf } from "./outbox.ts";
import { outputRecord } from "./output.ts";
import { spawnTermsOf } from "./spawn.ts";

const id = (byte: number) => new Uint8Array(32).fill(byte);
const parent = {
  network: id(1),
  owner: { kind: 0, id: id(2) },
  target: null,
  anchor: new Uint8Array(0),
  notAfter: 0,
  depth: 3,
  budget: 1_000_000,
  tags: [
    { name: "Module", value: idText(id(3)) },
    { name: "Scheduler", value: idText(id(4)) },
    { name: "Compute", value: idText(id(5)) },
    { name: "Compute", value: idText(id(6)) },
    { name: "Compute-Quorum", value: "1" },
    { name: "Evidence", value: "proven" },
  ],
  dataForm: 0,
  dataHash: null,
  dataSize: 0,
};
const terms = spawnTermsOf(parent);
const source = { process: id(7), slot: 5, terms, parent, gasUsed: 30_000 };

test("property: whatever is sent shares less than its cause had, so every tree of messages ends", () => {
  fc.assert(
    fc.property(
      fc.nat(10_000_000),
      fc.nat(64_000_000),
      fc.integer({ min: 1, max: 256 }),
      (budget, gas, count) => {
        const share = budgetShare(budget, gas, count);
        expect(share * count).toBeLessThanOrEqual(Math.max(0, budget - messageGasMin));
      },
    ),
  );
});

test("gives a child what it leaves out as its spawner has it, and never more than once", () => {
  const spawns = [
    { tags: [{ name: "Module", value: idText(id(9)) }], data: null },
    {
      tags: [
        { name: "Module", value: idText(id(9)) },
        { name: "Compute", value: idText(id(8)) },
        { name: "Evidence", value: "attested" },
      ],
      data: null,
    },
  ];
  const output = { output: new Uint8Array(0), messages: [], spawns, logs: [] };
  const [same, other] = outboxOf(output, source).map((item) => spawnTermsOf(item.body));
  expect(same).toMatchObject({
    scheduler: id(4),
    compute: { units: [id(5), id(6)], count: 1 },
    evidence: "proven",
  });
  expect(other).toMatchObject({
    scheduler: id(4),
    compute: { units: [id(8)], count: 1 },
    evidence: "attested",
  });
});

test("equal messages of two slots, and of two places in one slot, have different ids", () => {
  const message = { target: id(9), tags: [], data: null };
  const output = { output: new Uint8Array(0), messages: [message, message], spawns: [], logs: [] };
  const ids = [5, 6].flatMap((slot) =>
    outboxOf(output, { ...source, slot }).map((item) => idText(item.id)),
  );
  expect(new Set(ids).size).toBe(4);
});

test("property: bytes that are no output make the evaluation failed and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (returned) => {
      const verdict = judge({ ok: true, returned, gasUsed: 10 }, source);
      expect(verdict).toMatchObject({ exit: 1, gasUsed: terms.gasLimit, output: null, outbox: [] });
    }),
  );
});

test("an output beyond its bounds is a failed evaluation", () => {
  const message = { target: id(9), tags: [], data: null };
  const big = "x".repeat(3000);
  const outputs = [
    {
      output: new Uint8Array(0),
      messages: new Array(200).fill(message),
      spawns: new Array(57).fill({ tags: [], data: null }),
      logs: [],
    },
    { output: new Uint8Array(0), messages: [], spawns: [], logs: new Array(6).fill(big) },
    {
      output: new Uint8Array(0),
      messages: [{ ...message, tags: new Array(30).fill({ name: "a", value: big }) }],
      spawns: [],
      logs: [],
    },
    { output: new Uint8Array(1024 * 1024), messages: [], spawns: [], logs: [] },
  ];
  for (const output of outputs) {
    const verdict = judge({ ok: true, returned: outputRecord.encode(output), gasUsed: 10 }, source);
    expect(verdict.diagnostic?.reason).toBe("output");
  }
});
