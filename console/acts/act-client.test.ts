import { expect, test } from "vitest";
import type { ActAnswer, ActRequest } from "./act-calls.ts";
import { ActFailure, actClient, type WorkerPort } from "./act-client.ts";
import { type Acts, createActs } from "./actor.ts";
import { serveActs } from "./serve-acts.ts";

/** A worker in this thread: what goes in and out is copied, as between threads. */
function workerOf(acts: Partial<Acts>): { readonly port: WorkerPort } {
  const port: WorkerPort = {
    onmessage: null,
    onerror: null,
    postMessage: (request: ActRequest) => serve(structuredClone(request)),
  };
  const answer = (value: ActAnswer): void => {
    const data = structuredClone(value);
    queueMicrotask(() => port.onmessage?.({ data }));
  };
  const serve = serveActs({ ...createActs(), ...acts }, answer);
  return { port };
}

const units = { messenger: "", schedulers: [], computes: [] };

test("a call is answered with what it heard on the way", async () => {
  const { port } = workerOf({
    follow: async ({ id }, heard) => {
      heard({ kind: "accepted", at: 1 });
      heard({ kind: "assigned", at: 2, slot: id.length });
      return null;
    },
  });
  const call = actClient(() => port);
  const kinds: string[] = [];
  const heard = ({ kind }: { readonly kind: string }) => kinds.push(kind);
  await call("follow", { units, id: "abc" }, { heard });
  expect(kinds).toEqual(["accepted", "assigned"]);
});

test("a refusal comes back with its code, anything else as unexpected", async () => {
  const { port } = workerOf({ lock: () => Promise.reject(new TypeError("broken")) });
  const call = actClient(() => port);
  const draft = { action: "", tags: [], data: "" };
  const failureOf = (run: Promise<unknown>) => run.catch((error: unknown) => error);
  const unreachable = await failureOf(call("prepare", { units, process: "", draft }));
  expect(unreachable).toBeInstanceOf(ActFailure);
  const text = await failureOf(call("importKey", { text: "{}", passphrase: "x" }));
  expect(text).toMatchObject({ code: "KEY_TEXT_INVALID" });
  expect(await failureOf(call("lock", null))).toMatchObject({ code: "UNEXPECTED" });
});

test("a cancelled call ends at once, and in the worker too", async () => {
  const ended: unknown[] = [];
  const { port } = workerOf({
    follow: (_, __, signal) =>
      new Promise((done) => {
        signal.addEventListener("abort", () => {
          ended.push(signal.aborted);
          done(null);
        });
      }),
  });
  const call = actClient(() => port);
  const controller = new AbortController();
  const following = call("follow", { units, id: "a" }, { signal: controller.signal });
  controller.abort(new Error("left the page"));
  await expect(following).rejects.toThrow("left the page");
  expect(ended).toEqual([true]);
});

test("the worker is started by the first call, once, and anew where it broke", async () => {
  let starts = 0;
  const ports: WorkerPort[] = [];
  const call = actClient(() => {
    starts++;
    const { port } = workerOf({ follow: () => new Promise(() => undefined) });
    ports.push(port);
    return port;
  });
  expect(starts).toBe(0);
  await call("lock", null);
  await call("lock", null);
  expect(starts).toBe(1);
  const lost = call("follow", { units, id: "a" });
  ports[0]?.onerror?.({ message: "no such file" });
  await expect(lost).rejects.toMatchObject({ code: "WORKER_FAILED" });
  await call("lock", null);
  expect(starts).toBe(2);
});
