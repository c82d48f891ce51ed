import { expect, test } from "vitest";
import { dataBytesMax } from "../protocol/limits.ts";
import { dataOf, tagsOf } from "./options.ts";

test("a tag's value may be empty and hold more equals signs", () => {
  expect(tagsOf(["A=b", "Empty=", "Sum=1+1=2"])).toEqual([
    { name: "A", value: "b" },
    { name: "Empty", value: "" },
    { name: "Sum", value: "1+1=2" },
  ]);
});

test.each([["Action"], ["=value"], [""]])("refuses %j as a tag", (text) => {
  expect(() => tagsOf([text])).toThrow(/^ARGUMENT_INVALID: expected NAME=VALUE/);
});

test("data comes from one place", async () => {
  const none = { data: undefined, file: undefined };
  expect(await dataOf({ ...none, data: "hello" }, "/")).toBe("hello");
  expect(await dataOf(none, "/")).toBeUndefined();
  await expect(dataOf({ data: "a", file: "b" }, "/")).rejects.toThrow(/^ARGUMENT_INVALID/);
});

test("data of a file is bytes, and not more than a message may hold", async () => {
  const file = new URL(import.meta.url).pathname;
  const bytes = await dataOf({ data: undefined, file }, "/");
  expect(bytes).toBeInstanceOf(Uint8Array);
  expect((bytes as Uint8Array).length).toBeLessThan(dataBytesMax);
});
