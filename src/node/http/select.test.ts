import { expect, test } from "vitest";
import { nodeHttp } from "./node-http.ts";
import { selectHttp, selfTest } from "./select.ts";
import type { HttpAdapter } from "./server.ts";
import { loadUws } from "./uws-binding.ts";

test("node:http passes the self-test and is taken when chosen", async () => {
  expect(await selfTest(nodeHttp)).toBeNull();
  expect((await selectHttp("node")).adapter).toBe(nodeHttp);
});

test("auto takes uWebSockets.js where it works, else node:http, and says why", async () => {
  const { adapter, reason } = await selectHttp("auto");
  const isLoadable = !("reason" in (await loadUws()));
  expect(adapter.name).toBe(isLoadable ? "uws" : "node");
  expect(reason).toMatch(isLoadable ? /^passed its self-test$/ : /^uWebSockets\.js /);
});

test("the self-test refuses an adapter that answers 200 where a handler throws", async () => {
  const careless: HttpAdapter = {
    name: "uws",
    listen: (options, handler) =>
      nodeHttp.listen(options, async (request) => {
        // As a build would that lost the throw.
        return request.path === "/throw" ? { status: 200 } : await handler(request);
      }),
  };
  expect(await selfTest(careless)).toBe("failed its self-test at GET /throw");
});

test("the self-test refuses an adapter that cannot listen", async () => {
  const deaf: HttpAdapter = { name: "uws", listen: () => Promise.reject(new Error("no sockets")) };
  expect(await selfTest(deaf)).toBe("failed its self-test: no sockets");
});
