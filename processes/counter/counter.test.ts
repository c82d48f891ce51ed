/**
 * The counter, and that it is as short as the README promises.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { addressOf, compileFolder, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileFolder(".", import.meta.url);
});

test("counts, answers the sender, and starts at zero", () => {
  const counter = RawProcess.spawn(module);
  expect(counter.deliver({ tags: { Action: "Count" } }).text).toBe("0");
  expect(counter.deliver({ tags: { Action: "Increment" } }).text).toBe("1");
  const { text, messages } = counter.deliver({ from: idOf(3), tags: { Action: "Increment" } });
  expect(text).toBe("2");
  expect(messages).toEqual([{ target: addressOf(3), tags: {}, names: [], data: "2" }]);
});

test("answers an action that it does not know with an error and counts nothing", () => {
  const counter = RawProcess.spawn(module);
  const { messages } = counter.deliver({ tags: { Action: "Reset" } });
  expect(messages[0]?.tags["Error"]).toBe("Unknown action");
  expect(counter.deliver({ tags: { Action: "Count" } }).text).toBe("0");
});

test("is one file of at most 20 lines", () => {
  const source = readFileSync(new URL("assembly/index.ts", import.meta.url), "utf8");
  expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(20);
});
