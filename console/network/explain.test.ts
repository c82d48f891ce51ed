import { expect, test } from "vitest";
import { CodedError } from "../../src/base/error.ts";
import { ConsoleError, explain } from "./explain.ts";

test("a refusal is told in words with a next step, and keeps its code", () => {
  const { what, next, code } = explain(new CodedError("PROCESS_UNKNOWN"));
  expect(what).toMatch(/scheduler/);
  expect(next).toMatch(/id/);
  expect(code).toBe("PROCESS_UNKNOWN");
});

test("a unit that does not answer is named", () => {
  const error = new CodedError("UNREACHABLE", { unit: "http://127.0.0.1:8702", path: "/" });
  expect(explain(error).what).toBe("A unit does not answer: http://127.0.0.1:8702.");
});

test("what no table foresaw is still said", () => {
  expect(explain(new CodedError("SPAWN_TAG_MISSING", { tag: "Module" }))).toMatchObject({
    what: "SPAWN_TAG_MISSING: tag Module",
    code: "SPAWN_TAG_MISSING",
  });
  expect(explain(new Error("broken"))).toMatchObject({ what: "broken", code: null });
  expect(explain("odd").what).toBe("odd");
  expect(explain(new ConsoleError("NO_UNIT")).code).toBe("NO_UNIT");
});
