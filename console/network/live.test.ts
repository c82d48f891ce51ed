import { expect, test } from "vitest";
import { resumed } from "./live.ts";

test("a stream that began at a slot goes on where it stood", () => {
  const url = "http://127.0.0.1:8702/processes/p/log/events?from=0";
  expect(resumed(url, "41")).toBe("http://127.0.0.1:8702/processes/p/log/events?from=41");
  expect(resumed(url, "")).toBe(url);
  expect(resumed("http://127.0.0.1:8701/messages/m/events", "3")).toMatch(/events$/);
});
