import { expect, test } from "vitest";
import { initialTransition, transition } from "xstate";
import { unclaimedRetryMaxMs } from "../src/protocol/limits.ts";
import { type PushEvent, pushMachine } from "./push.machine.ts";

const recordedAt = 1_000_000;

function after(tries: number, ...events: PushEvent[]) {
  let [snapshot] = initialTransition(pushMachine, { tries, recordedAt });
  for (const event of events) [snapshot] = transition(pushMachine, snapshot, event);
  const { retryAt, reason } = snapshot.context;
  return { state: snapshot.value, retryAt, reason };
}

const due: PushEvent = { type: "push.due" };
const located: PushEvent = { type: "target.located" };
const now = recordedAt + 5;
const late = recordedAt + unclaimedRetryMaxMs;

const unknown = (at = now, jitter = 0): PushEvent => ({ type: "target.unknown", now: at, jitter });
const failed = (
  more: { now?: number; jitter?: number; retryAfterMs?: number } = {},
): PushEvent => ({
  type: "unit.failed",
  code: "UNAVAILABLE",
  now,
  jitter: 0,
  retryAfterMs: null,
  ...more,
});

test("waits until it is due, then looks for its target", () => {
  expect(after(1)).toEqual({ state: "queued", retryAt: null, reason: null });
  expect(after(1, due).state).toBe("locating");
});

test("is sent once its target is located", () => {
  expect(after(1, due, located).state).toBe("sending");
});

test("ends in its target's log", () => {
  const end = after(1, due, located, { type: "slot.assigned" });
  expect(end).toEqual({ state: "delivered", retryAt: null, reason: null });
});

test("ends where the scheduler refuses it, with the code", () => {
  const end = after(1, due, located, { type: "message.refused", code: "EXPIRED" });
  expect(end).toEqual({ state: "refused", retryAt: null, reason: "EXPIRED" });
});

test("is unclaimed where no scheduler serves its target, and waits longer each time", () => {
  const end = after(1, due, unknown());
  expect(end).toEqual({ state: "unclaimed", retryAt: now + 2000, reason: "unclaimed" });
  expect(after(4, due, unknown()).retryAt).toBe(now + 8000);
  expect(after(90, due, unknown(now, 1)).retryAt).toBe(now + 6 * 60 * 60 * 1000);
});

test("looks for its target again when it is due after being unclaimed", () => {
  expect(after(1, due, unknown(), due).state).toBe("locating");
});

test("waits where a unit fails, while locating or sending, from 250 ms to a minute", () => {
  const waiting = { state: "waiting", retryAt: now + 250, reason: "UNAVAILABLE" };
  expect(after(1, due, failed())).toEqual(waiting);
  expect(after(1, due, located, failed())).toEqual(waiting);
  expect(after(3, due, failed({ jitter: 0.5 })).retryAt).toBe(now + 750);
  expect(after(90, due, failed({ jitter: 1 })).retryAt).toBe(now + 60_000);
});

test("waits as long as the unit asks for, but never more than a minute for it", () => {
  expect(after(1, due, failed({ retryAfterMs: 5000 })).retryAt).toBe(now + 5000);
  expect(after(1, due, failed({ retryAfterMs: 9e9 })).retryAt).toBe(now + 60_000);
});

test("looks for its target again when it is due after waiting", () => {
  expect(after(1, due, failed(), due).state).toBe("locating");
});

test("lapses after seven days, whatever kept it back", () => {
  const tooLate = failed({ now: late });
  const lapsed = { state: "lapsed", retryAt: null, reason: "UNAVAILABLE" };
  expect(after(9, due, tooLate)).toEqual(lapsed);
  expect(after(9, due, located, tooLate)).toEqual(lapsed);
  expect(after(9, due, unknown(late))).toEqual({ ...lapsed, reason: "PROCESS_UNKNOWN" });
  expect(after(9, due, unknown(late - 1)).state).toBe("unclaimed");
});

test("waits where proofs of its source are awaited, at most five seconds at a time", () => {
  const awaited = (at = now, jitter = 0): PushEvent => ({ type: "proof.awaited", now: at, jitter });
  const end = after(1, due, located, awaited());
  expect(end).toEqual({ state: "awaiting", retryAt: now + 250, reason: "PROOF_PENDING" });
  expect(after(90, due, located, awaited(now, 1)).retryAt).toBe(now + 5_000);
  expect(after(2, due, located, awaited(), due).state).toBe("locating");
  const lapsed = { state: "lapsed", retryAt: null, reason: "PROOF_PENDING" };
  expect(after(90, due, located, awaited(late))).toEqual(lapsed);
});

test("takes no event that its state has no arrow for", () => {
  for (const event of [located, unknown(), failed()]) expect(after(1, event).state).toBe("queued");
  expect(after(1, due, located, unknown()).state).toBe("sending");
  expect(after(1, due, located, { type: "slot.assigned" }, due).state).toBe("delivered");
});
