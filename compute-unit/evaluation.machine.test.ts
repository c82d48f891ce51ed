import { expect, test } from "vitest";
import { createActor } from "xstate";
import { type EvaluationEvent, evaluationMachine } from "./evaluation.machine.ts";

test("each arrow of an evaluation leads where it says", () => {
  const arrows: [EvaluationEvent["type"][], string][] = [
    [[], "cold"],
    [["load"], "loading"],
    [["evaluate"], "evaluating"],
    [["stillborn"], "stillborn"],
    [["load", "loaded"], "ready"],
    [["load", "hostFault"], "cold"],
    [["load", "stillborn"], "stillborn"],
    [["load", "loaded", "evaluate"], "evaluating"],
    [["load", "loaded", "load"], "loading"],
    [["load", "loaded", "stillborn"], "stillborn"],
    [["load", "loaded", "evaluate", "evaluated"], "ready"],
    [["load", "loaded", "evaluate", "evicted"], "cold"],
    [["load", "loaded", "evaluate", "hostFault"], "cold"],
    [["evaluate", "stillborn"], "stillborn"],
    [["stillborn", "load"], "stillborn"],
  ];
  for (const [events, state] of arrows) {
    const actor = createActor(evaluationMachine).start();
    for (const type of events) actor.send({ type });
    expect(actor.getSnapshot().value, events.join(" ")).toBe(state);
  }
});
