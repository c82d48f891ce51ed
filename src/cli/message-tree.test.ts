import { expect, test } from "vitest";
import type { MessengerClient } from "../client/messenger-client.ts";
import type { MessageEvent, MessageStatus } from "../protocol/http.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { messagesMax, TreeReader } from "./message-tree.ts";
import { listedTree, treeText } from "./tree-text.ts";

function idOf(number: number): Digest {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(0, number);
  return id;
}

const evaluated: MessageEvent = { kind: "evaluated", at: 2, slot: 1, exit: "ok", gasUsed: 10 };

/** A messenger that knows messages by number, and counts what it is asked. */
function messenger(statusOf: (number: number) => Partial<MessageStatus>) {
  const asked: number[] = [];
  const status = async (id: Digest): Promise<MessageStatus> => {
    const number = new DataView(id.buffer, id.byteOffset).getUint32(0);
    asked.push(number);
    return {
      id: idText(id),
      process: "p",
      from: { kind: "key", id: "k" },
      slot: 1,
      state: "evaluated",
      depth: 0,
      budget: 100,
      action: `Number-${number}`,
      spawn: false,
      cause: null,
      caused: [],
      events: [evaluated],
      ...statusOf(number),
    };
  };
  const client: Pick<MessengerClient, "status"> = { status };
  return { asked, reader: new TreeReader(client as MessengerClient) };
}

const caused = (...numbers: number[]) => ({
  caused: numbers.map((number) => idText(idOf(number))),
});

test("reads a tree with what each message came to", async () => {
  const stopped: MessageEvent = { kind: "stopped", at: 1, reason: "budget" };
  const { reader } = messenger((number) => {
    if (number === 0) return caused(1, 2);
    return number === 2 ? { state: "stopped", slot: null, events: [stopped] } : {};
  });
  const tree = await reader.read(idOf(0));
  expect(tree).toMatchObject({ count: 3, isSettled: true, isCut: false });
  const [first, second, third] = [0, 1, 2].map((number) => idText(idOf(number)));
  expect(listedTree(tree.root)).toMatchObject([
    {
      action: "Number-0",
      exit: "ok",
      gasUsed: 10,
      gasCharged: 20_000,
      proven: false,
      cause: null,
      caused: [second, third],
    },
    { action: "Number-1", state: "evaluated", reason: null, cause: first, caused: [] },
    { action: "Number-2", state: "stopped", reason: "budget", exit: null, cause: first },
  ]);
  expect(treeText(tree)).toContain("stopped(budget)");
  expect(treeText(tree)).toContain("3 messages, 20 gas used, 40000 charged as gas, all settled");
});

test("a chain of a thousand hops is read, listed and shown in few lines", async () => {
  const last = 1024;
  const { reader } = messenger((number) => (number < last ? caused(number + 1) : {}));
  const tree = await reader.read(idOf(0));
  expect(tree).toMatchObject({ count: last + 1, isSettled: true });
  const views = listedTree(tree.root);
  expect(views.map(({ action }) => action)).toEqual(views.map((_, i) => `Number-${i}`));
  const lines = treeText(tree).split("\n");
  expect(lines.length).toBeLessThan(70);
  expect(lines.join("\n")).toContain("messages left out");
  expect(lines.join("\n")).toContain(`Number-${last} `);
});

test("asks for settled messages once, and for the others again", async () => {
  let isOpen = true;
  const { reader, asked } = messenger((number) => {
    if (number === 0) return caused(1, 2);
    return number === 2 && isOpen ? { state: "assigned", events: [] } : {};
  });
  expect((await reader.read(idOf(0))).isSettled).toBe(false);
  isOpen = false;
  expect((await reader.read(idOf(0))).isSettled).toBe(true);
  expect(asked).toEqual([0, 1, 2, 2]);
});

test("stops reading a tree that does not end", async () => {
  const hundred = caused(...Array.from({ length: 100 }, (_, i) => i));
  const { reader } = messenger(() => hundred);
  const tree = await reader.read(idOf(0));
  expect(tree.isCut).toBe(true);
  expect(tree.count).toBe(messagesMax);
  expect(treeText(tree)).toContain("more were not read");
});
