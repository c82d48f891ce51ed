import { expect, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import type { Route, RouteRequest } from "../http/router.ts";
import { createLogger } from "../logger.ts";
import { type DrainPart, type Left, nothingToFinish, UnitDrain } from "./drain.ts";

function setUp(part: Partial<DrainPart> = {}, limitMs = 5_000) {
  const said: { readonly state: string; readonly left: Left }[] = [];
  let ends = 0;
  const logger = createLogger({ level: "error", clock: systemClock, sink: () => undefined });
  const drain = new UnitDrain({
    part: { ...nothingToFinish, ...part },
    clock: systemClock,
    logger,
    onProgress: (state, left) => void said.push({ state, left }),
    end: async () => void ends++,
    limitMs,
  });
  return { drain, said, ends: () => ends };
}

/** A route whose answers come when they are let go. */
function heldRoute(method: Route["method"]): { readonly route: Route; readonly letGo: () => void } {
  let letGo = (): void => undefined;
  const held = new Promise<void>((done) => {
    letGo = done;
  });
  const handler = () => held.then(() => ({ status: 200, body: "" }));
  return { route: { method, path: "/x", handler }, letGo };
}

const request = null as unknown as RouteRequest;

test("requests under way are answered before the unit finishes, and new ones refused with DRAINING", async () => {
  const order: string[] = [];
  const { drain, said, ends } = setUp({
    finish: async () => void order.push("finished"),
  });
  const { route, letGo } = heldRoute("POST");
  const [guarded] = drain.guard([route]);
  const answered = Promise.resolve(guarded?.handler(request)).then(() => order.push("answered"));
  const drained = drain.begin();
  await expect(guarded?.handler(request)).rejects.toMatchObject({ code: "DRAINING", status: 503 });
  expect(said.at(-1)).toEqual({ state: "draining", left: { requests: 1 } });
  expect(ends()).toBe(0);
  letGo();
  await Promise.all([answered, drained]);
  expect(order).toEqual(["answered", "finished"]);
  expect(said.at(-1)).toEqual({ state: "drained", left: {} });
  expect(ends()).toBe(1);
});

test("reads go on unless the unit's part refuses them too", async () => {
  for (const refuses of ["writes", "all"] as const) {
    const { drain } = setUp({ refuses, finish: () => systemClock.sleep(30) });
    const { route, letGo } = heldRoute("GET");
    const [guarded] = drain.guard([route]);
    letGo();
    const drained = drain.begin();
    const answer = Promise.resolve(guarded?.handler(request)).then(
      () => "answered",
      (error: { code?: string }) => error.code,
    );
    expect(await answer, refuses).toBe(refuses === "all" ? "DRAINING" : "answered");
    await drained;
  }
});

test("what cannot be finished in time is said, and the unit ends all the same", async () => {
  const signals: AbortSignal[] = [];
  const { drain, said, ends } = setUp(
    {
      finish: (signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      left: async () => ({ pushes: 3, evaluations: 0 }),
    },
    40,
  );
  await drain.begin();
  expect(signals[0]?.aborted).toBe(true);
  expect(said.at(-1)).toEqual({ state: "drained", left: { pushes: 3 } });
  expect(ends()).toBe(1);
});

test("a part that fails does not keep the unit from ending, and it ends once", async () => {
  const { drain, ends } = setUp({
    finish: () => Promise.reject(new Error("no store")),
    left: () => Promise.reject(new Error("no store")),
  });
  await Promise.all([drain.begin(), drain.begin()]);
  expect(ends()).toBe(1);
});
