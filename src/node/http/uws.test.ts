import { test } from "vitest";
import { httpCompliance } from "../../testing/http-compliance/http-compliance.ts";
import { uwsHttp } from "./uws.ts";
import { loadUws } from "./uws-binding.ts";

const binding = await loadUws();
if ("reason" in binding) {
  test(`uWebSockets.js does not load here, its compliance is passed over: ${binding.reason}`, () => {
    // The reason is the test's name; `select.test.ts` holds that node:http serves instead.
  });
} else {
  httpCompliance(() => Promise.resolve(uwsHttp(binding)));
}
