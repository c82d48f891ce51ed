/**
 * What a process sees of a message and what it can say.
 *
 * @module
 */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { decodeCanonical } from "../../src/protocol/decode.ts";
import { addressOf, compileFolder, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileFolder("./probe", import.meta.url);
});

test("a module exports the four names of the ABI and imports nothing", () => {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(names.sort()).toEqual(["_start", "alloc", "handle", "memory"]);
  expect(WebAssembly.Module.imports(module)).toEqual([]);
});

test("a process reads every field of its inbox", () => {
  const probe = RawProcess.spawn(module, { from: idOf(3) });
  const tags = { Action: "Inbox" };
  const { output } = probe.deliver({ from: idOf(8), fromProcess: true, tags });
  expect(decodeCanonical(output)).toEqual([
    1,
    idOf(1_000_000),
    idOf(1_000_001),
    1,
    1_700_000_000_001,
    idOf(2_000_001),
    idOf(8),
    true,
    1,
    new Uint8Array(0),
    idOf(1_000_001),
    idOf(3),
    [idOf(7_001), idOf(7_002), idOf(7_003)],
  ]);
  const fromKey = decodeCanonical(probe.deliver({ from: idOf(9), tags }).output);
  expect((fromKey as unknown[]).slice(6, 8)).toEqual([idOf(9), false]);
  expect((fromKey as unknown[])[12]).toBeNull();
});

test("a process tells a spawner that is a process its id, and no other spawner", () => {
  const spawned = new RawProcess(module).deliver({
    from: idOf(4),
    fromProcess: true,
    tags: { Reference: "17" },
  });
  expect(spawned.messages).toEqual([
    {
      target: addressOf(4),
      tags: { "X-Reference": "17", Action: "Spawned" },
      names: ["X-Reference", "Action"],
      data: null,
    },
  ]);
  expect(new RawProcess(module).deliver({ from: idOf(4) }).messages).toEqual([]);
});

test("messages go out in the order they were begun, with all that was added to them", () => {
  const probe = RawProcess.spawn(module);
  const { messages, spawns, logs, output } = probe.deliver({
    from: idOf(6),
    tags: { Action: "Outbox", Count: "2" },
    data: "é🙂",
  });
  const top = String(2n ** 128n - 1n);
  expect(messages.map(({ data }) => data)).toEqual([
    top,
    `0é🙂${addressOf(6)}`,
    `1é🙂${addressOf(6)}`,
  ]);
  expect(messages[0]?.tags).toEqual({ Action: "First", Late: "yes", Amount: top });
  expect(spawns).toEqual([
    {
      tags: { Module: addressOf(6), Name: "Child" },
      names: ["Module", "Name"],
      data: "hello",
    },
  ]);
  expect(logs).toEqual(["line 0", "line 1"]);
  expect(output.length).toBe(0);
});

test("the output is the first answer's data unless the process sets it", () => {
  const probe = RawProcess.spawn(module);
  const tags = { Action: "Outbox", Count: "1", Answer: "done" };
  const answered = probe.deliver({ tags });
  expect(answered.text).toBe("done");
  expect(answered.messages).toHaveLength(3);
  expect(probe.deliver({ tags: { Action: "Outbox", Count: "0" } }).text).toBe("");
});

test("256 messages and spawns go out, and one more aborts", () => {
  const probe = RawProcess.spawn(module);
  const { messages, spawns } = probe.deliver({ tags: { Action: "Outbox", Count: "254" } });
  expect(messages.length + spawns.length).toBe(256);
  expect(() => probe.deliver({ tags: { Action: "Outbox", Count: "255" } })).toThrow("unreachable");
  expect(probe.abortRecord().message).toBe("a process sends at most 256 messages at a time");
});

test("a message bears 64 tags, the longest names and values, and not one more", () => {
  const probe = RawProcess.spawn(module);
  const value = "v".repeat(3072);
  const rest = [["n".repeat(64), "ü".repeat(1536)]] as const;
  const many = Array.from({ length: 20 }, (_, at) => [`T${at}`, `${at}`] as const);
  const tags = [["Action", "Tags"], ["Count", "40"], ["Value", value], ...rest, ...many] as const;
  const { messages } = probe.deliver({ tags });
  expect(messages[0]?.names).toHaveLength(64);
  expect(messages[0]?.tags["Extra"]).toBe(value);
  expect(messages[0]?.tags["n".repeat(64)]).toBe("ü".repeat(1536));
  const more = tags.map(([name, text]) => [name, name === "Count" ? "41" : text] as const);
  expect(() => probe.deliver({ tags: more })).toThrow("unreachable");
  expect(probe.abortRecord().message).toBe("a message has at most 64 tags");
});

test("an error is answered once, and an error itself never", () => {
  const probe = RawProcess.spawn(module);
  const { text, messages } = probe.deliver({ from: idOf(2), tags: { Action: "Dance" } });
  expect(text).toBe("Unknown action");
  expect(messages[0]?.tags).toEqual({
    Action: "Error",
    "Message-Id": addressOf(2_000_001),
    Error: "Unknown action",
  });
  const silent = probe.deliver({ from: idOf(2), tags: { Action: "Error", Error: "What?" } });
  expect(silent.messages).toEqual([]);
  expect(silent.text).toBe("Unknown action");
});

test("a message that was kept cannot be read any more, and says so", () => {
  const probe = RawProcess.spawn(module);
  probe.deliver({ tags: { Action: "Keep", Note: "remember" } });
  expect(() => probe.deliver({ tags: { Action: "Kept", Note: "other" } })).toThrow("unreachable");
  expect(probe.abortRecord().message).toBe("a message can be read only while it is handled");
});

test("property: a tag is found by its exact name, the first of two", () => {
  const probe = RawProcess.spawn(module);
  // Among them a text whose code units are the UTF-8 bytes of another.
  const name = fc.oneof(
    fc.constantFrom("é", "\u00c3\u00a9", "aé", "a\u00c3\u00a9", "Tag", "Tags", "tag", "🙂", "aaaa"),
    // A grapheme may be many bytes, and a name has 64.
    fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      .filter((text) => new TextEncoder().encode(text).length <= 64),
  );
  fc.assert(
    fc.property(name, fc.array(name, { maxLength: 10 }), (wanted, names) => {
      const pairs = names.map((each, at) => [each, `value ${at}`] as const);
      const tags = [["Action", "Find"], ...pairs] as const;
      const { text } = probe.deliver({ tags, data: wanted });
      expect(text).toBe(tags.find(([each]) => each === wanted)?.[1] ?? "none");
    }),
    { numRuns: 500 },
  );
});

test("messages of every size pass through one process", () => {
  const probe = RawProcess.spawn(module);
  for (const size of [0, 1, 1000, 3000, 100_000, 262_100, 10, 50_000]) {
    const data = "x".repeat(size);
    const { messages } = probe.deliver({ tags: { Action: "Outbox", Count: "1" }, data });
    expect(messages[1]?.data).toBe(`0${data}${addressOf(0)}`);
  }
  expect(probe.pages).toBeLessThan(100);
});
