import { expect, test } from "vitest";
import { createActor } from "xstate";
import { type InstanceEvent, instanceMachine } from "./instance.machine.ts";

function after(...events: InstanceEvent[]) {
  const actor = createActor(instanceMachine).start();
  for (const event of events) actor.send(event);
  const { value, context } = actor.getSnapshot();
  return { value, epoch: context.epoch };
}

const acquired: InstanceEvent = { type: "lease.acquired", epoch: 7 };

test("stands by until it has the lease, then leads in the lease's epoch", () => {
  expect(after()).toEqual({ value: "standby", epoch: null });
  expect(after(acquired)).toEqual({ value: "leading", epoch: 7 });
});

test("takes the newer epoch when the lease is acquired again", () => {
  expect(after(acquired, { type: "lease.acquired", epoch: 9 })).toEqual({
    value: "leading",
    epoch: 9,
  });
});

test("stands by again when the lease is lost", () => {
  expect(after(acquired, { type: "lease.lost" })).toEqual({ value: "standby", epoch: null });
});

test("stands by when it was fenced, and leads again only under an epoch that it is given then", () => {
  const fenced: InstanceEvent = { type: "append.fenced" };
  expect(after(acquired, fenced)).toEqual({ value: "standby", epoch: null });
  expect(after(acquired, fenced, { type: "lease.acquired", epoch: 9 })).toEqual({
    value: "leading",
    epoch: 9,
  });
});

test("stops from every state and assigns nothing after", () => {
  const stop: InstanceEvent = { type: "stop" };
  for (const events of [[], [acquired], [acquired, { type: "append.fenced" } as const]]) {
    expect(after(...events, stop)).toEqual({ value: "stopped", epoch: null });
  }
});
