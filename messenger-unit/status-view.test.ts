import { expect, test } from "vitest";
import { inOrder } from "./status-view.ts";

const event = (kind: string, at: number) => ({ kind, at, fields: {} });

test("what was pushed stands behind its evaluation, whichever was noted first", () => {
  const [evaluated, pushed, proven] = [
    event("evaluated", 5),
    event("pushed", 4),
    event("proven", 9),
  ];
  const sorted = [evaluated, { ...pushed, at: 5 }];
  expect(inOrder([pushed, evaluated])).toEqual(sorted);
  expect(inOrder([pushed, evaluated, proven])).toEqual([...sorted, proven]);
  expect(inOrder([evaluated, pushed])).toEqual([evaluated, pushed]);
  // Until it is evaluated nobody is told that it was pushed.
  expect(inOrder([pushed])).toEqual([]);
  expect(inOrder([])).toEqual([]);
});
