/**
 * The chat room: who may speak, who hears it, what is remembered.
 *
 * @module
 */

import { beforeAll, expect, test } from "vitest";
import { addressOf, compileFolder, type Evaluation, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileFolder(".", import.meta.url);
});

interface Remembered {
  readonly From: string;
  readonly Timestamp: number;
  readonly Text: string;
}

function act(
  room: RawProcess,
  from: number,
  Action: string,
  data: string | null = null,
): Evaluation {
  return room.deliver({ from: idOf(from), tags: { Action }, data });
}

function history(room: RawProcess, Limit = "100"): readonly Remembered[] {
  const { text } = room.deliver({ tags: { Action: "History", Limit } });
  return JSON.parse(text) as Remembered[];
}

function errorOf({ messages }: Evaluation): string | undefined {
  return messages[0]?.tags["Error"];
}

test("what a member says goes to every member, and only members may speak", () => {
  const room = RawProcess.spawn(module);
  expect(act(room, 1, "Join").messages[0]?.tags).toEqual({ Action: "Joined", Members: "1" });
  act(room, 2, "Join");
  const { messages, text } = act(room, 1, "Broadcast", "good morning");
  expect(text).toBe("Broadcasted to 2");
  expect(messages.map(({ target }) => target).sort()).toEqual([addressOf(1), addressOf(2)].sort());
  for (const { tags, data } of messages) {
    expect(tags).toEqual({ Action: "Broadcasted", Broadcaster: addressOf(1) });
    expect(data).toBe("good morning");
  }
  expect(errorOf(act(room, 3, "Broadcast", "me too"))).toBe("Join first");
  expect(history(room).map(({ Text }) => Text)).toEqual(["good morning"]);
});

test("one joins once, leaves once, and may come back", () => {
  const room = RawProcess.spawn(module);
  expect(errorOf(act(room, 1, "Leave"))).toBe("Not joined");
  act(room, 1, "Join");
  expect(errorOf(act(room, 1, "Join"))).toBe("Already joined");
  expect(act(room, 1, "Leave").messages[0]?.tags).toEqual({ Action: "Left", Members: "0" });
  expect(errorOf(act(room, 1, "Broadcast", "hello"))).toBe("Join first");
  act(room, 1, "Join");
  expect(JSON.parse(act(room, 9, "Members").text)).toEqual([addressOf(1)]);
});

test("a full room of 250 still hears everything", () => {
  const room = RawProcess.spawn(module);
  for (let member = 1; member <= 250; member++) act(room, member, "Join");
  expect(errorOf(act(room, 251, "Join"))).toBe("The room is full");
  expect(act(room, 7, "Broadcast", "x".repeat(1000)).messages).toHaveLength(250);
});

test("remembers the last 250 messages and answers at most 100, oldest first", () => {
  const room = RawProcess.spawn(module);
  act(room, 1, "Join");
  for (let at = 0; at < 300; at++) act(room, 1, "Broadcast", `message ${at}`);
  const newest = history(room);
  expect(newest.map(({ Text }) => Text)).toEqual(
    Array.from({ length: 100 }, (_, at) => `message ${200 + at}`),
  );
  expect(newest[0]).toMatchObject({ From: addressOf(1), Timestamp: 1_700_000_000_202 });
  expect(history(room, "3").map(({ Text }) => Text)).toEqual(
    [297, 298, 299].map((at) => `message ${at}`),
  );
  expect(history(room, "nonsense")).toEqual([]);
});

test("refuses what is empty, longer than 1000 bytes, or no text", () => {
  const room = RawProcess.spawn(module);
  act(room, 1, "Join");
  const refusal = "The data must be 1 to 1000 bytes of text";
  for (const data of [null, "", "ü".repeat(501), Uint8Array.of(0xff, 0xfe)]) {
    const refused = room.deliver({ from: idOf(1), tags: { Action: "Broadcast" }, data });
    expect(errorOf(refused)).toBe(refusal);
  }
  expect(history(room)).toEqual([]);
});

test("an answer stays below 256 KiB whatever was said", () => {
  const room = RawProcess.spawn(module);
  act(room, 1, "Join");
  for (let at = 0; at < 120; at++) act(room, 1, "Broadcast", "\u0001".repeat(1000));
  const answered = history(room);
  expect(answered.length).toBeGreaterThan(30);
  expect(answered.every(({ Text }) => Text === "\u0001".repeat(1000))).toBe(true);
});
