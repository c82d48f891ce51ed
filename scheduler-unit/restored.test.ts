import { expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { createLogger } from "../src/node/logger.ts";
import { Restored } from "./restored.ts";

const logger = createLogger({ level: "error", clock: systemClock, sink: () => undefined });

function setUp(signedSize: number | null = 5) {
  const folder = { isMarked: true };
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  const restored = new Restored({
    isMarked: () => folder.isMarked,
    unmark: () => {
      folder.isMarked = false;
    },
    signedSize: () => signedSize,
    clock,
    logger,
  });
  const show = (size: number): void =>
    restored.shown({ origin: "x", size, root: new Uint8Array(32) });
  return { folder, restored, show };
}

test("a copy is confirmed by a witness that shows its newest head, and by no smaller one", () => {
  const { folder, restored, show } = setUp();
  expect(() => restored.check()).toThrow(/^UNAVAILABLE/);
  show(4);
  expect(() => restored.check()).toThrow(/^UNAVAILABLE/);
  expect(folder.isMarked).toBe(true);
  show(5);
  expect(() => restored.check()).not.toThrow();
  expect(folder.isMarked).toBe(false);
});

test("a copy without any head is confirmed by no witness", () => {
  const { restored, show } = setUp(null);
  show(1);
  expect(restored.isPending).toBe(true);
});

test("witnesses are asked until one confirms, or the operator takes the mark away", async () => {
  const first = setUp();
  let looks = 0;
  const { signal } = new AbortController();
  await first.restored.watch(async () => {
    if (++looks === 3) first.show(5);
  }, signal);
  expect(looks).toBe(3);
  const second = setUp();
  await second.restored.watch(async () => {
    second.folder.isMarked = false;
  }, signal);
  expect(second.restored.isPending).toBe(false);
});

test("it ends with the unit", async () => {
  const { restored } = setUp();
  const ending = new AbortController();
  ending.abort();
  await restored.watch(() => Promise.resolve(), ending.signal);
  expect(restored.isPending).toBe(true);
});
