import { expect, test } from "vitest";
import type { ActName } from "./act-calls.ts";
import type { CallActs } from "./act-client.ts";
import type { KeyStorage } from "./key-chest.ts";
import { KeySession } from "./key-session.ts";

/** As a browser's local storage, with what other programs of the origin keep in it. */
function storageWith(items: ReadonlyMap<string, string>, isFull = false): KeyStorage {
  const kept = new Map(items);
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => {
      if (isFull) throw new Error("quota");
      kept.set(name, value);
    },
    removeItem: (name) => {
      kept.delete(name);
    },
  };
}

/** A worker that makes keys `key-1`, `key-2`, …, and tells what it was asked. */
function workerOf(): { readonly call: CallActs; readonly asked: ActName[] } {
  const asked: ActName[] = [];
  let made = 0;
  const answers: Partial<Record<ActName, () => unknown>> = {
    createKey: () => ({ address: `key-${++made}`, text: `text-${made}` }),
    importKey: () => ({ address: "key-9", text: "text-9" }),
    unlock: () => "key-1",
    lock: () => null,
  };
  const call = ((name: ActName) => {
    asked.push(name);
    return Promise.resolve(answers[name]?.());
  }) as CallActs;
  return { call, asked };
}

const other = new Map([["nymcompute.theme", "dark"]]);

test("keys are kept from one visit to the next, and locked at each", async () => {
  const storage = storageWith(other);
  const { call } = workerOf();
  const first = new KeySession({ call, storage: () => storage });
  expect(first.state).toEqual({ keys: [], unlocked: null });
  await first.create("passphrase");
  await first.import("text", "passphrase");
  expect(first.state.unlocked).toBe("key-9");
  const keys = [
    { address: "key-1", text: "text-1" },
    { address: "key-9", text: "text-9" },
  ];
  const next = new KeySession({ call, storage: () => storage });
  expect(next.state).toEqual({ keys, unlocked: null });
});

test("a listener hears of what changes until it is no longer one", async () => {
  const storage = storageWith(other);
  const session = new KeySession({ call: workerOf().call, storage: () => storage });
  const heard: (string | null)[] = [];
  const end = session.listen(({ unlocked }) => heard.push(unlocked));
  await session.create("passphrase");
  await session.lock();
  const [key] = session.state.keys;
  if (key !== undefined) await session.unlock(key, "passphrase");
  end();
  await session.lock();
  expect(heard).toEqual(["key-1", null, null, "key-1"]);
});

test("a forgotten key is gone, and locked before", async () => {
  const storage = storageWith(other);
  const { call, asked } = workerOf();
  const session = new KeySession({ call, storage: () => storage });
  await session.create("passphrase");
  await session.forget("key-1");
  expect(session.state).toEqual({ keys: [], unlocked: null });
  expect(asked).toEqual(["createKey", "lock"]);
  expect(storage.getItem("nymcompute.theme")).toBe("dark");
});

test("a key that the browser does not keep is not used", async () => {
  const { call, asked } = workerOf();
  const full = new KeySession({ call, storage: () => storageWith(other, true) });
  await expect(full.create("passphrase")).rejects.toThrow("quota");
  expect(full.state.unlocked).toBeNull();
  expect(asked).toEqual(["createKey", "lock"]);
  const forbidden = () => {
    throw new Error("no storage");
  };
  const none = new KeySession({ call, storage: forbidden });
  expect(none.state.keys).toEqual([]);
  await expect(none.create("passphrase")).rejects.toThrow("no storage");
});
