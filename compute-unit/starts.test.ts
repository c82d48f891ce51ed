import { expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { Starts } from "./starts.ts";

const never = new AbortController().signal;

test("as many as there are places begin, and the others in the order in which they came", async () => {
  const starts = new Starts(systemClock, 2);
  const order: number[] = [];
  const entered = [0, 1, 2, 3].map(async (number) => {
    const leave = await starts.enter(never);
    order.push(number);
    return leave;
  });
  const leaveFirst = await entered[0];
  await entered[1];
  expect(order).toEqual([0, 1]);
  leaveFirst?.();
  // Giving a place back twice makes no second one.
  leaveFirst?.();
  const leaveThird = await entered[2];
  expect(order).toEqual([0, 1, 2]);
  leaveThird?.();
  await entered[3];
  expect(order).toEqual([0, 1, 2, 3]);
});

test("who takes long goes on without its place, and who stops waiting leaves no gap", async () => {
  const starts = new Starts(systemClock, 1);
  await starts.enter(never);
  const stopping = new AbortController();
  const stopped = starts.enter(stopping.signal);
  const next = starts.enter(never);
  stopping.abort(new Error("stopped"));
  await expect(stopped).rejects.toThrow("stopped");
  await expect(starts.enter(stopping.signal)).rejects.toThrow("stopped");
  // Nobody leaves: the first place is free again after its time.
  expect(await next).toBeTypeOf("function");
});
