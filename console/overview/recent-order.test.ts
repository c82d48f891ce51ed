import { expect, test } from "vitest";
import type { MessageSummary } from "../../src/protocol/http.ts";
import { withMessage } from "./recent-order.ts";

const message = (
  sequence: number,
  state: MessageSummary["state"] = "accepted",
): MessageSummary => ({
  ...{ sequence, id: `m${sequence}`, process: "p", slot: null, state, action: null },
  from: { kind: "key", id: "k" },
  ...{ spawn: false, cause: null, at: 0 },
});

test("the newest stands on top, a change in its place, and the oldest goes", () => {
  let rows: readonly MessageSummary[] = [];
  for (const sequence of [2, 1, 5, 3]) rows = withMessage(rows, message(sequence), 3);
  expect(rows.map(({ id }) => id)).toEqual(["m5", "m3", "m2"]);
  rows = withMessage(rows, message(3, "pushed"), 3);
  expect(rows.map(({ id, state }) => `${id} ${state}`)).toEqual([
    "m5 accepted",
    "m3 pushed",
    "m2 accepted",
  ]);
  expect(withMessage(rows, message(1), 3)).toEqual(rows);
});
