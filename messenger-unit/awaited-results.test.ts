import { expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { AwaitedResults } from "./awaited-results.ts";

const [process, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const { signal } = new AbortController();

/** A wait that lasts until it is told to end, however it does. */
function openWait(awaited: AwaitedResults): { readonly end: (how: "well" | "ill") => void } {
  let end: (how: "well" | "ill") => void = () => undefined;
  const wait = awaited.during(process, async () => {
    const how = await new Promise<"well" | "ill">((resolve) => {
      end = resolve;
    });
    if (how === "ill") throw new Error("no answer");
  });
  wait.catch(() => undefined);
  return { end: (how) => end(how) };
}

test("goes on at once where nobody waits, and as soon as the last one has ended", async () => {
  const awaited = new AwaitedResults({ clock: systemClock });
  const waits = [openWait(awaited), openWait(awaited)];
  await awaited.letGoFirst(other, signal);
  const steps: string[] = [];
  const gone = awaited.letGoFirst(process, signal).then(() => steps.push("gone on"));
  waits[0]?.end("ill");
  await new Promise((resolve) => setImmediate(resolve));
  steps.push("one ended");
  waits[1]?.end("well");
  await gone;
  expect(steps).toEqual(["one ended", "gone on"]);
});

test("goes on after a while although somebody waits, and at once where it is to stop", async () => {
  const awaited = new AwaitedResults({ clock: systemClock });
  const wait = openWait(awaited);
  const start = systemClock.monotonic();
  await awaited.letGoFirst(process, signal);
  const waitedMs = systemClock.monotonic() - start;
  expect(waitedMs).toBeGreaterThan(25);
  const stopping = new AbortController();
  const gone = awaited.letGoFirst(process, stopping.signal);
  stopping.abort();
  await gone;
  wait.end("well");
});
