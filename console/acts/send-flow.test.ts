import { expect, test } from "vitest";
import type { ComposedMessage } from "../../src/client/compose.ts";
import type { MessageEvent as LifeEvent } from "../../src/protocol/http.ts";
import { ActFailure, type CallActs } from "./act-client.ts";
import { sendAgain, signAndSend } from "./send-flow.ts";
import { type SendNews, type SendState, sendIdle, sendStateAfter, stepsOf } from "./send-state.ts";

const units = { messenger: "", schedulers: [], computes: [] };
const message: ComposedMessage = {
  id: new Uint8Array(32),
  body: Uint8Array.of(1),
  authorisation: Uint8Array.of(2),
  data: null,
};
const life: readonly LifeEvent[] = [
  { kind: "accepted", at: 1 },
  { kind: "assigned", at: 2, slot: 3 },
  { kind: "evaluated", at: 3, slot: 3, exit: "ok", gasUsed: 21_000 },
  { kind: "pushed", at: 4 },
];
let time = 0;
const clock = { monotonic: () => (time += 4) };

/** A flow over a worker that fails to submit so many times; what it submitted, and the state. */
function flowOf(events: readonly LifeEvent[], failures = 0) {
  const submitted: unknown[] = [];
  let left = failures;
  let state: SendState = sendIdle;
  const call = (async (name, input, options) => {
    if (name === "submit") {
      submitted.push((input as { message: unknown }).message);
      if (left-- > 0) throw new ActFailure("UNREACHABLE", "UNREACHABLE: nobody");
      return { id: "m", process: "p", slot: 3 };
    }
    const heard = options?.heard as ((event: LifeEvent) => void) | undefined;
    for (const event of events) heard?.(event);
    return null;
  }) as CallActs;
  const tell = (news: SendNews): void => {
    state = sendStateAfter(state, news);
  };
  const { signal } = new AbortController();
  return { flow: { call, units, tell, signal, clock }, submitted, state: () => state };
}

const namesOf = (state: SendState) => stepsOf(state).map((step) => `${step.name}: ${step.state}`);

test("a message is signed, sent and followed to its proof", async () => {
  const { flow, state } = flowOf([...life, { kind: "proven", at: 5 }]);
  expect(state().phase).toBe("idle");
  await signAndSend(flow, async () => message);
  expect(state()).toMatchObject({ phase: "over", id: "m", process: "p", signedMs: 4 });
  const steps = stepsOf(state());
  expect(steps.map((step) => step.state)).toEqual(["done", "done", "done", "done", "done"]);
  expect(steps.map((step) => step.word)).toEqual([
    "in this page, 4 ms",
    "",
    "slot 3",
    "slot 3, ok, 21000 gas",
    "",
  ]);
});

test("a step that nobody told of is not done, and what can no longer come did not", async () => {
  const { flow, state } = flowOf(life);
  await signAndSend(flow, async () => message);
  expect(namesOf(state()).at(-1)).toBe("proven: did not come");
  const half = { ...state(), phase: "following" as const, life: life.slice(0, 2) };
  expect(namesOf(half)).toEqual([
    "signed: done",
    "accepted: done",
    "assigned: done",
    "evaluated: under way",
    "proven: to come",
  ]);
});

test("sending again sends what was signed before, and tells of it from the beginning", async () => {
  const { flow, state, submitted } = flowOf(life, 1);
  await signAndSend(flow, async () => message);
  expect(state()).toMatchObject({ phase: "failed", failure: { code: "UNREACHABLE" } });
  expect(namesOf(state()).slice(0, 3)).toEqual([
    "signed: done",
    "accepted: failed",
    "assigned: to come",
  ]);
  const kept = state().message;
  expect(kept).toBe(message);
  if (kept !== null) await sendAgain(flow, kept);
  expect(submitted).toEqual([message, message]);
  expect(state()).toMatchObject({ phase: "over", failure: null });
  expect(state().life).toEqual(life);
});

test("a failed evaluation and a refusal are shown as such", () => {
  const failed: LifeEvent = { kind: "evaluated", at: 3, slot: 3, exit: "failed", detail: "abort" };
  const base: SendState = { ...sendIdle, message, phase: "over" };
  expect(namesOf({ ...base, life: [...life.slice(0, 2), failed] })[3]).toBe("evaluated: failed");
  const refused: LifeEvent = { kind: "refused", at: 2, reason: "EXPIRED" };
  const steps = stepsOf({ ...base, life: [...life.slice(0, 1), refused] });
  expect(steps.at(-1)).toEqual({ name: "refused", state: "failed", word: "EXPIRED" });
});

test("what cannot be signed is not sent, and what was cancelled tells nothing more", async () => {
  const { flow, state, submitted } = flowOf(life);
  await signAndSend(flow, () => Promise.reject(new ActFailure("KEY_LOCKED", "KEY_LOCKED")));
  expect(state()).toMatchObject({ phase: "failed", message: null });
  expect(namesOf(state())[0]).toBe("signed: failed");
  const controller = new AbortController();
  const told: SendNews[] = [];
  const cancelled = {
    ...flow,
    signal: controller.signal,
    tell: (news: SendNews) => told.push(news),
  };
  await signAndSend(cancelled, async () => {
    controller.abort();
    return message;
  });
  expect(told).toEqual([{ kind: "signing" }]);
  expect(submitted).toEqual([]);
});
