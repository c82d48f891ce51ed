import { expect, test } from "vitest";
import { UnitCallError } from "../client/unit-call.ts";
import { ConfigError } from "../node/config-declaration.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { CliError, type Failure, failureLine, failureOf } from "./cli-error.ts";

function told(error: unknown): Failure {
  const failure = failureOf(error);
  if (failure === null) throw new Error("nothing is told");
  return failure;
}

test("an error is one line with its code and the next step", () => {
  const error = new CliError("PORT_TAKEN", { port: 8701, said: "two\n  lines" }, "end it");
  expect(failureLine("nymcompute dev", told(error))).toBe(
    "nymcompute dev: PORT_TAKEN: port 8701, said two lines; next: end it\n",
  );
});

test("codes from below get their next step here", () => {
  expect(told(new ProtocolError("PROCESS_UNKNOWN", { process: "p" })).next).toMatch(/process id/);
  expect(told(new ProtocolError("HOST_FAULT")).next).toBeNull();
});

test("a message that was not answered may have arrived, and is named", () => {
  const fields = { unit: "http://unit.test", message: "m" };
  const silent = new UnitCallError("UNAVAILABLE", { status: 503 }, fields);
  expect(told(silent).next).toContain("nymcompute trace m");
  const refused = new UnitCallError("MESSAGE_UNKNOWN", { status: 404 }, fields);
  expect(told(refused).next).not.toContain("trace");
});

test("wrong use keeps the next step that it names, and names it once", () => {
  const fields = { expected: "--key", got: "none", next: "nymcompute key --help" };
  const failure = told(new ConfigError("OPTION_MISSING", fields));
  expect(failure).toMatchObject({ next: fields.next, fields: { expected: "--key", got: "none" } });
  expect(failure.message).not.toContain("next");
});

test("the system's errors are told by their own code", () => {
  const error = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", path: "/x" });
  expect(told(error)).toMatchObject({ code: "ENOENT", fields: { path: "/x" } });
  const denied = Object.assign(new Error("EACCES: denied"), { code: "EACCES", path: "/x" });
  expect(told(denied).next).toMatch(/may write/);
});

test("our own mistakes are not told away", () => {
  expect(failureOf(new TypeError("undefined is not a function"))).toBeNull();
  expect(failureOf("thrown text")).toBeNull();
});
