import { expect, test } from "vitest";
import type { MessageEventKind, MessageStatus } from "../../src/protocol/http.ts";
import { TreeSource, treeMessagesMax } from "./tree-source.ts";

/** Messages of a made-up messenger, and how often each was asked for. */
class Messages {
  readonly lives = new Map<string, MessageStatus>();
  readonly asked = new Map<string, number>();

  set(id: string, kinds: readonly MessageEventKind[], caused: readonly string[] = []): void {
    const events = kinds.map((kind, at) => ({ kind, at }));
    const state = kinds.at(-1) ?? "accepted";
    const from = { kind: "key", id: "key" } as const;
    const rest = { depth: 0, budget: 0, action: null, spawn: false, cause: null, slot: null };
    this.lives.set(id, { id, process: "p", from, state, caused, events, ...rest });
  }

  readonly read = async (id: string): Promise<MessageStatus> => {
    this.asked.set(id, (this.asked.get(id) ?? 0) + 1);
    const life = this.lives.get(id);
    if (life === undefined) throw new Error(`asked for ${id}`);
    return life;
  };
}

test("the tree grows with what is caused, and asks again only for what has not ended", async () => {
  const messages = new Messages();
  messages.set("a", ["accepted", "assigned"]);
  const source = new TreeSource("a", messages.read);
  expect(await source.refresh()).toMatchObject({ isSettled: false, left: 0 });

  messages.set("a", ["accepted", "assigned", "evaluated"], ["b", "c"]);
  messages.set("b", ["accepted", "assigned"]);
  messages.set("c", ["accepted", "refused"]);
  const grown = await source.refresh();
  expect([...grown.messages.keys()]).toEqual(["a", "b", "c"]);
  expect(grown.isSettled).toBe(false);

  messages.set("b", ["accepted", "assigned", "evaluated"], ["d"]);
  messages.set("d", ["accepted", "evaluated"]);
  expect(await source.refresh()).toMatchObject({ isSettled: true });
  await source.refresh();
  expect(Object.fromEntries(messages.asked)).toEqual({ a: 2, b: 2, c: 1, d: 1 });
});

test("proofs are looked for in what is done, and not for ever", async () => {
  const messages = new Messages();
  messages.set("a", ["accepted", "evaluated"], ["b"]);
  messages.set("b", ["accepted", "evaluated", "proven"]);
  const source = new TreeSource("a", messages.read);
  await source.refresh();
  expect(await source.refreshProofs()).toBe(true);
  expect(messages.asked.get("b")).toBe(1);
  messages.set("a", ["accepted", "evaluated", "proven"], ["b"]);
  await source.refreshProofs();
  expect(await source.refreshProofs()).toBe(false);
  messages.set("a", ["accepted", "evaluated"], ["b"]);
  const endless = new TreeSource("a", messages.read);
  await endless.refresh();
  let looks = 0;
  while (await endless.refreshProofs()) looks++;
  expect(looks).toBe(60);
});

test("of a tree that is too large a part is read, and the rest counted", async () => {
  const messages = new Messages();
  const ids = Array.from({ length: treeMessagesMax + 50 }, (_, i) => `m${i}`);
  messages.set("a", ["accepted", "evaluated"], ids);
  for (const id of ids) messages.set(id, ["accepted", "evaluated"]);
  const tree = await new TreeSource("a", messages.read).refresh();
  expect(tree.messages.size).toBe(treeMessagesMax);
  expect(tree.left).toBe(51);
  expect(tree.isSettled).toBe(true);
});
