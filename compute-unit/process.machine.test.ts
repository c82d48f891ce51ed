import { expect, test } from "vitest";
import { createActor } from "xstate";
import { type ProcessEvent, processMachine } from "./process.machine.ts";

function stateAfter(...events: ProcessEvent[]) {
  const actor = createActor(processMachine).start();
  for (const event of events) actor.send(event);
  return actor.getSnapshot();
}

const located: ProcessEvent = { type: "located" };
const caughtUp: ProcessEvent = { type: "caughtUp" };
const unavailable: ProcessEvent = { type: "unavailable", reason: "no answer" };
const sleep: ProcessEvent = { type: "sleep" };
const wake: ProcessEvent = { type: "wake" };
const fault = { code: "ENTRY_CHAIN", slot: 3, detail: "broken" };

test("each arrow of a followed process leads where it says", () => {
  const arrows: [ProcessEvent[], string][] = [
    [[], "locating"],
    [[located], "following"],
    [[{ type: "unknown" }], "unknown"],
    [[{ type: "unknown" }, wake], "locating"],
    [[unavailable], "unavailable"],
    [[unavailable, { type: "retry" }], "locating"],
    [[unavailable, sleep], "asleep"],
    [[located, caughtUp], "caughtUp"],
    [[located, caughtUp, { type: "entries" }], "following"],
    [[located, unavailable], "unavailable"],
    [[located, sleep], "asleep"],
    [[located, { type: "fault", fault }], "faulty"],
    [[located, caughtUp, unavailable], "unavailable"],
    [[located, caughtUp, sleep], "asleep"],
    [[located, caughtUp, sleep, wake], "locating"],
    [[located, caughtUp, { type: "fault", fault }], "faulty"],
  ];
  for (const [events, state] of arrows) {
    expect(stateAfter(...events).value, JSON.stringify(events)).toBe(state);
  }
});

test("a faulty log stays faulty, whatever comes", () => {
  const events: ProcessEvent[] = [
    located,
    { type: "fault", fault },
    wake,
    { type: "retry" },
    located,
  ];
  const snapshot = stateAfter(...events);
  expect(snapshot.value).toBe("faulty");
  expect(snapshot.context.fault).toEqual(fault);
});

test("tells why a process is unavailable, and no longer once it is found", () => {
  expect(stateAfter(unavailable).context.reason).toBe("no answer");
  expect(stateAfter(unavailable, { type: "retry" }, located).context.reason).toBeNull();
});
