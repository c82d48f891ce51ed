import fc from "fast-check";
import { expect, test } from "vitest";
import { LogRows, pageSlots } from "./log-rows.ts";
import type { EntryView } from "./process-reads.ts";

const entry = (
  slot: number,
  tags: Readonly<Record<string, string>> = {},
  data = "",
): EntryView => ({
  process: "process",
  slot,
  messageId: `Message${slot}`,
  timestamp: 1000 * slot,
  epoch: 0,
  entryHash: "",
  message: {
    id: `Message${slot}`,
    from: { kind: "key", id: "KeyOfAlice" },
    target: slot === 0 ? null : "process",
    tags: Object.entries(tags).map(([name, value]) => ({ name, value })),
    data,
    dataBytes: null,
    depth: 0,
    budget: 0,
    anchor: "",
    notAfter: 0,
  },
});

const result = (slot: number, exit: "ok" | "failed", state: string) => ({
  ...{ slot, exit, gasUsed: 5 },
  proof: { state, reason: null },
});

test("a row says what its message is for", () => {
  const rows = new LogRows();
  rows.add([entry(0), entry(1, { Action: "Transfer" }), entry(2)]);
  expect([0, 1, 2].map((slot) => rows.row(slot)?.action)).toEqual(["Spawn", "Transfer", "–"]);
  expect(rows.next).toBe(3);
  expect(rows.held).toBe(3);
});

test("what is missing is named by pages, up to the log's end", () => {
  const rows = new LogRows();
  rows.reaches(3 * pageSlots + 5);
  expect(rows.missing(pageSlots - 1, pageSlots + 1)).toEqual([0, 1]);
  rows.add(Array.from({ length: pageSlots }, (_, i) => entry(pageSlots + i)));
  expect(rows.missing(0, 10 * pageSlots)).toEqual([0, 2, 3]);
  expect(rows.missing(pageSlots, 2 * pageSlots)).toEqual([]);
  expect(rows.missingResults(pageSlots, pageSlots + 1)).toEqual([1]);
  expect(rows.missing(-3, 1)).toEqual([0]);
});

test("an entry that comes twice counts once", () => {
  const rows = new LogRows();
  rows.add([entry(4), entry(4)]);
  expect(rows.held).toBe(1);
  expect(rows.next).toBe(5);
});

test("search finds tags and data whatever the case, ids as they are, the newest first", () => {
  const rows = new LogRows();
  rows.add([
    entry(1, { Action: "Transfer", To: "Bob" }),
    entry(2, { Action: "Mint" }, "Hello World"),
    entry(3, { Action: "transfer" }),
  ]);
  const find = (query: string) => rows.find({ query, only: "all" });
  expect(find("  ")).toBeNull();
  expect(find("transfer")).toEqual([3, 1]);
  expect(find("TRANSFER bob")).toEqual([1]);
  expect(find("hello")).toEqual([2]);
  expect(find("Message2")).toEqual([2]);
  expect(find("message2")).toEqual([]);
  expect(find("KeyOfAlice")).toEqual([3, 2, 1]);
});

test("a filter passes what failed, or what is not proven, also where no result is here", () => {
  const rows = new LogRows();
  rows.add([entry(1), entry(2), entry(3), entry(4)]);
  rows.addResults([
    result(1, "ok", "proven"),
    result(2, "failed", "queued"),
    result(3, "failed", "proven"),
  ]);
  expect(rows.find({ query: "", only: "failed" })).toEqual([3, 2]);
  expect(rows.find({ query: "", only: "unproven" })).toEqual([4, 2]);
  rows.addResults([result(2, "failed", "proven")]);
  expect(rows.find({ query: "", only: "unproven" })).toEqual([4]);
});

test("property: one more letter finds what a search from the start finds", () => {
  const entries = Array.from({ length: 60 }, (_, slot) =>
    entry(slot, { Action: ["Mint", "Transfer", "Post"][slot % 3] ?? "" }, `to ${slot % 7}`),
  );
  const made = (): LogRows => {
    const rows = new LogRows();
    rows.add(entries);
    return rows;
  };
  const letter = fc.constantFrom(...["t", "T", "r", "a", "m", "M", "i", " ", "1", "2", "e", "s"]);
  fc.assert(
    fc.property(fc.array(letter, { minLength: 1, maxLength: 8 }), (letters) => {
      const typed = made();
      for (let end = 1; end <= letters.length; end++) {
        const filter = { query: letters.slice(0, end).join(""), only: "all" } as const;
        expect(typed.find(filter), filter.query).toEqual(made().find(filter));
      }
    }),
  );
});

test("a search after a change sees the change", () => {
  const rows = new LogRows();
  rows.add([entry(1, { Action: "Mint" })]);
  expect(rows.find({ query: "m", only: "all" })).toEqual([1]);
  rows.add([entry(2, { Action: "Mint" })]);
  expect(rows.find({ query: "mi", only: "all" })).toEqual([2, 1]);
});
