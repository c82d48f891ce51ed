/**
 * Compliance of the messenger's messages with their port.
 *
 * @module
 */

import { expect, test } from "vitest";
import type {
  AcceptedMessage,
  Assignment,
  StatusEvent,
} from "../../node/store/ports/message-store.ts";
import { idOf, type StoreSubject, withStores } from "./harness.ts";

function message(name: string, more: Partial<AcceptedMessage> = {}): AcceptedMessage {
  return {
    id: idOf(name),
    envelope: new TextEncoder().encode(`envelope of ${name}`),
    shared: null,
    parent: null,
    addressee: null,
    acceptedAt: 1_700_000_000_000,
    ...more,
  };
}

function assignment(process: string, slot: number): Assignment {
  return { process: idOf(process), slot, at: 5, entry: Uint8Array.of(slot % 256, 1, 2) };
}

function event(kind: string): StatusEvent {
  return { at: 1, kind, fields: {} };
}

/** Registers the tests. */
export function messageStoreCompliance(subject: StoreSubject): void {
  test("messages: accepts once and gives everything back, also after reopening", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      const accepted = message("m", { parent: idOf("parent"), addressee: idOf("address") });
      expect(await messages.get(idOf("m"))).toBeNull();
      expect(await messages.accept(accepted)).toBe(true);
      const reopened = (await stores.reopen()).messages;
      expect(await reopened.accept({ ...accepted, acceptedAt: 5 })).toBe(false);
      expect(await reopened.get(idOf("m"))).toEqual({ ...accepted, assignment: null });
    });
  });

  test("messages: lists all of them, the newest first, page by page", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      expect(await messages.recent(null, 10)).toEqual([]);
      await messages.accept(message("a"));
      await messages.acceptAll([
        message("b", { addressee: idOf("b") }),
        message("a"),
        message("c"),
      ]);
      await messages.accept(message("d", { parent: idOf("a") }));
      const reopened = (await stores.reopen()).messages;
      const all = await reopened.recent(null, 10);
      expect(all.map(({ id }) => id)).toEqual(["d", "c", "b", "a"].map(idOf));
      const page = await reopened.recent(null, 2);
      expect(page).toEqual(all.slice(0, 2));
      expect(await reopened.recent(all[2]?.sequence ?? -1, 10)).toEqual(all.slice(2));
      expect(await reopened.recent(0, 10)).toEqual(all.filter(({ sequence }) => sequence === 0));
    });
  });

  test("messages: what several have in common comes back with each, also after reopening", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      const shared = { id: idOf("shared"), bytes: new Uint8Array(5000).fill(7) };
      for (const name of ["a", "b"]) await messages.accept(message(name, { shared }));
      await messages.accept(message("c"));
      const reopened = (await stores.reopen()).messages;
      for (const name of ["a", "b"])
        expect((await reopened.get(idOf(name)))?.shared).toEqual(shared);
      expect((await reopened.get(idOf("c")))?.shared).toBeNull();
    });
  });

  test("messages: accepts many in one transaction, each once and in order", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      const parent = idOf("parent");
      const of = (name: string) => message(name, { parent });
      await messages.accept(of("b"));
      expect(await messages.acceptAll(["a", "b", "c", "a"].map(of))).toEqual([
        true,
        false,
        true,
        false,
      ]);
      await messages.accept(of("d"));
      const reopened = (await stores.reopen()).messages;
      expect(await reopened.get(idOf("c"))).toEqual({ ...of("c"), assignment: null });
      expect(await reopened.children(parent, 10)).toEqual(["b", "a", "c", "d"].map(idOf));
    });
  });

  test("messages: an assignment is noted once, and found by its slot", async () => {
    await withStores(subject, "messenger", async ({ messages }) => {
      const slot = assignment("p", 2 ** 40);
      expect(await messages.assign(idOf("m"), slot)).toBe(false);
      await messages.accept(message("m"));
      await messages.accept(message("n"));
      expect(await messages.assign(idOf("m"), slot)).toBe(true);
      expect(await messages.assign(idOf("m"), slot)).toBe(true);
      const later = { ...slot, at: 9, entry: Uint8Array.of(9) };
      expect(await messages.assign(idOf("m"), later)).toBe(true);
      expect((await messages.get(idOf("m")))?.assignment).toEqual(slot);
      expect(await messages.assignment(idOf("m"))).toEqual(slot);
      expect(await messages.assignment(idOf("n"))).toBeNull();
      expect(await messages.messageAt(idOf("p"), 2 ** 40)).toEqual(idOf("m"));
      expect(await messages.messageAt(idOf("p"), 0)).toBeNull();
      const conflict = { code: "STORE_CONFLICT" };
      await expect(messages.assign(idOf("m"), { ...slot, slot: 1 })).rejects.toMatchObject(
        conflict,
      );
      await expect(messages.assign(idOf("n"), slot)).rejects.toMatchObject(conflict);
      expect((await messages.get(idOf("n")))?.assignment).toBeNull();
    });
  });

  test("messages: events are kept in order, of known messages only", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      await messages.accept(message("m"));
      const events = Array.from({ length: 12 }, (_, number) => ({
        at: 1_000 + number,
        kind: number === 0 ? "accepted" : "pushed",
        fields: { number, ok: true, target: "t", none: null, __proto: 1 },
      }));
      for (const event of events) expect(await messages.addEvent(idOf("m"), event)).toBe(true);
      expect(await messages.addEvent(idOf("unknown"), { at: 0, kind: "x", fields: {} })).toBe(
        false,
      );
      const reopened = (await stores.reopen()).messages;
      expect(await reopened.events(idOf("m"), 0)).toEqual(events);
      expect(await reopened.events(idOf("m"), 10)).toEqual(events.slice(10));
      expect(await reopened.events(idOf("unknown"), 0)).toEqual([]);
    });
  });

  test("messages: at most 1,000 events are kept of one message", async () => {
    await withStores(subject, "messenger", async ({ messages }) => {
      await messages.accept(message("m"));
      const added = await Promise.all(
        Array.from({ length: 1_002 }, (_, at) =>
          messages.addEvent(idOf("m"), { at, kind: "pushed", fields: {} }),
        ),
      );
      expect(added.filter((kept) => kept)).toHaveLength(1_000);
      expect((await messages.events(idOf("m"), 0)).at(-1)?.at).toBe(999);
    });
  });

  test("messages: lists what a message caused in order of acceptance", async () => {
    await withStores(subject, "messenger", async ({ messages }) => {
      const names = ["z", "a", "k"];
      await messages.accept(message("parent"));
      for (const name of names) await messages.accept(message(name, { parent: idOf("parent") }));
      await messages.accept(message("other", { parent: idOf("z") }));
      expect(await messages.children(idOf("parent"), 10)).toEqual(names.map(idOf));
      expect(await messages.children(idOf("parent"), 2)).toEqual(names.slice(0, 2).map(idOf));
      expect(await messages.children(idOf("a"), 10)).toEqual([]);
    });
  });

  test("messages: an address's inbox is paged by sequence numbers", async () => {
    await withStores(subject, "messenger", async ({ messages }) => {
      for (let number = 0; number < 6; number++) {
        const addressee = number % 2 === 0 ? idOf("address") : idOf("elsewhere");
        await messages.accept(message(`m${number}`, { addressee }));
      }
      const first = await messages.addressed(idOf("address"), 0, 2);
      expect(first.map(({ id }) => id)).toEqual([idOf("m0"), idOf("m2")]);
      const next = (first[1]?.sequence ?? 0) + 1;
      expect((await messages.addressed(idOf("address"), next, 2)).map(({ id }) => id)).toEqual([
        idOf("m4"),
      ]);
      expect(await messages.addressed(idOf("nobody"), 0, 2)).toEqual([]);
    });
  });

  test("messages: lists what has no slot yet, but for what a message caused", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      const names = ["a", "b", "c"];
      for (const name of names) await messages.accept(message(name));
      await messages.accept(message("caused", { parent: idOf("a") }));
      const ids = names.map(idOf);
      expect(await messages.unassigned(null, 10)).toEqual(ids);
      expect(await messages.unassigned(null, 2)).toEqual(ids.slice(0, 2));
      expect(await messages.unassigned(ids[0] ?? null, 10)).toEqual(ids.slice(1));
      expect(await messages.unassigned(idOf("unknown"), 10)).toEqual([]);
      await messages.assign(idOf("a"), assignment("p", 0));
      expect(await messages.settle(idOf("b"), [])).toBe(true);
      const reopened = (await stores.reopen()).messages;
      expect(await reopened.unassigned(null, 10)).toEqual([idOf("c")]);
    });
  });

  test("messages: lists what was refused and comes again, as it came last", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      await messages.accept(message("a"));
      await messages.accept(message("b"));
      await messages.assign(idOf("b"), assignment("p", 0));
      for (const name of ["a", "b"]) await messages.settle(idOf(name), [event("refused")]);
      const again = (name: string) => ({ ...message(name), envelope: Uint8Array.of(9) });
      expect(await messages.accept(again("a"))).toBe(false);
      expect(await messages.acceptAll([again("b"), again("a")])).toEqual([false, false]);
      const reopened = (await stores.reopen()).messages;
      expect(await reopened.unassigned(null, 10)).toEqual([idOf("a")]);
      expect(await reopened.get(idOf("a"))).toEqual({ ...again("a"), assignment: null });
      expect((await reopened.get(idOf("b")))?.envelope).toEqual(message("b").envelope);
      expect(await reopened.recent(null, 10)).toHaveLength(2);
    });
  });

  test("messages: forgets an acceptance that came to nothing, and no other", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      const names = ["gone", "assigned", "settled", "noted", "other"];
      for (const name of names) await messages.accept(message(name));
      await messages.assign(idOf("assigned"), assignment("p", 0));
      await messages.settle(idOf("settled"), []);
      await messages.addEvent(idOf("noted"), event("seen"));
      const { envelope } = message("gone");
      const forgotten: boolean[] = [];
      for (const name of ["gone", "gone", "unknown", "assigned", "settled", "noted"]) {
        forgotten.push(await messages.forget(idOf(name), envelope));
      }
      expect(forgotten).toEqual([true, false, false, false, false, false]);
      expect(await messages.forget(idOf("other"), Uint8Array.of(9))).toBe(false);
      const reopened = (await stores.reopen()).messages;
      expect(await reopened.get(idOf("gone"))).toBeNull();
      const left = (await reopened.recent(null, 10)).map(({ id }) => id);
      expect(left).toEqual(names.slice(1).reverse().map(idOf));
      expect(await reopened.unassigned(null, 10)).toEqual(["noted", "other"].map(idOf));
      expect(await reopened.accept(message("gone"))).toBe(true);
      expect((await reopened.recent(null, 1))[0]?.id).toEqual(idOf("gone"));
    });
  });

  test("messages: lists what has a slot until it is settled", async () => {
    await withStores(subject, "messenger", async ({ messages }, stores) => {
      const slots = [
        { process: idOf("p"), slot: 7, id: idOf("a") },
        { process: idOf("p"), slot: 300, id: idOf("b") },
        { process: idOf("q"), slot: 1, id: idOf("c") },
      ].sort((left, right) => Buffer.compare(left.process, right.process));
      for (const name of ["a", "b", "c"]) await messages.accept(message(name));
      for (const { id, ...slot } of slots) {
        await messages.assign(id, { ...slot, at: 1, entry: id });
      }
      const reopened = (await stores.reopen()).messages;
      expect(await reopened.unevaluated(null, 10)).toEqual(slots);
      expect(await reopened.unevaluated(slots[0] ?? null, 1)).toEqual(slots.slice(1, 2));
      expect(await reopened.settle(idOf("b"), [])).toBe(true);
      const left = slots.filter(({ slot }) => slot !== 300);
      expect(await reopened.unevaluated(null, 10)).toEqual(left);
    });
  });

  test("messages: events come with acceptance and settlement, each once", async () => {
    await withStores(subject, "messenger", async ({ messages }) => {
      expect(await messages.accept(message("m"), [event("first"), event("second")])).toBe(true);
      expect(await messages.accept(message("m"), [event("never")])).toBe(false);
      await messages.assign(idOf("m"), assignment("p", 4));
      expect(await messages.settle(idOf("m"), [event("settled"), event("last")])).toBe(true);
      expect(await messages.settle(idOf("m"), [event("never")])).toBe(false);
      expect(await messages.settle(idOf("unknown"), [event("never")])).toBe(false);
      const kinds = (await messages.events(idOf("m"), 0)).map(({ kind }) => kind);
      expect(kinds).toEqual(["first", "second", "settled", "last"]);
    });
  });
}
