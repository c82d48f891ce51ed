import { expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { idText } from "../protocol/ids.ts";
import { type Output, outputRecord } from "../protocol/output.ts";
import { outputDifferences } from "./output-difference.ts";

const target = new Uint8Array(32).fill(5);
const empty: Output = { output: new Uint8Array(0), messages: [], spawns: [], logs: [] };

function ran(output: Partial<Output>) {
  return { output: outputRecord.encode({ ...empty, ...output }), diagnostic: null };
}

const failed = (text: string) => ({
  output: null,
  diagnostic: { reason: "trap", text, file: null, line: null, column: null },
});

function quantity(value: string): Output["messages"][number] {
  return { target, tags: [{ name: "Quantity", value }], data: null };
}

test("names each field that differs, with what it is on both sides", () => {
  const current = ran({ output: utf8Bytes("5"), messages: [quantity("5")], logs: ["sent"] });
  const candidate = ran({ output: utf8Bytes("6"), messages: [quantity("6")], logs: ["sent"] });
  expect(outputDifferences(current, candidate)).toEqual([
    { field: "output", current: '"5"', candidate: '"6"' },
    { field: "messages[0].tags", current: 'Quantity="5"', candidate: 'Quantity="6"' },
  ]);
});

test("what only one side has is none on the other", () => {
  const current = ran({ logs: ["one"] });
  const candidate = ran({ messages: [{ ...quantity("1"), data: Uint8Array.of(0xff) }] });
  expect(outputDifferences(current, candidate)).toEqual([
    { field: "logs[0]", current: '"one"', candidate: null },
    { field: "messages[0].target", current: null, candidate: idText(target) },
    { field: "messages[0].tags", current: null, candidate: 'Quantity="1"' },
    { field: "messages[0].data", current: null, candidate: "0xff" },
  ]);
});

test("a failure differs from a success, and not from another failure", () => {
  expect(outputDifferences(failed("here"), failed("there"))).toEqual([]);
  expect(outputDifferences(ran({}), failed("here"))).toContainEqual({
    field: "exit",
    current: "ok",
    candidate: "failed",
  });
});

test("bytes never pass for a text that spells them, nor one tag for two", () => {
  const bytes = outputDifferences(
    ran({ output: Uint8Array.of(0xff) }),
    ran({ output: utf8Bytes("0xff") }),
  );
  expect(bytes).toHaveLength(1);
  const tags = (list: Output["spawns"][number]["tags"]) =>
    ran({ spawns: [{ tags: list, data: null }] });
  const one = tags([{ name: "A", value: '1" B="2' }]);
  const two = tags([
    { name: "A", value: "1" },
    { name: "B", value: "2" },
  ]);
  expect(outputDifferences(one, two)).toHaveLength(1);
});
