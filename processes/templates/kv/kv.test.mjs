import assert from "node:assert/strict";
import { test } from "node:test";
import { createNetwork } from "nymcompute/kit";

async function spawnStore() {
  const net = createNetwork();
  const store = await net.spawn("assembly/index.ts");
  const ask = async (method, Path, { from, data, ...tags } = {}) => {
    const { messages } = await store.send({ from, action: method, tags: { Path, ...tags }, data });
    return { ...messages[0].tags, body: messages[0].data };
  };
  return { net, ask };
}

test("answers what was stored, with its type", async () => {
  const { ask } = await spawnStore();
  const put = await ask("PUT", "/motd", { "Content-Type": "text/plain", data: "good morning" });
  assert.equal(put.Status, "201");
  const got = await ask("GET", "/motd");
  assert.deepEqual(
    [got.Status, got["Content-Type"], got.ETag, got.body],
    ["200", "text/plain", put.ETag, "good morning"],
  );
  assert.equal((await ask("GET", "/nothing")).Status, "404");
});

test("a path is its first writer's", async () => {
  const { net, ask } = await spawnStore();
  const [alice, bob] = net.accounts;
  await ask("PUT", "/a", { from: alice, data: "hers" });
  assert.equal((await ask("PUT", "/a", { from: bob, data: "his" })).Status, "403");
  assert.equal((await ask("GET", "/a")).body, "hers");
});

test("of two who read the same version, the second to write is refused", async () => {
  const { net, ask } = await spawnStore();
  const { ETag } = await ask("PUT", "/count", { data: "1" });
  const before = net.snapshot();
  for (const first of ["2", "3"]) {
    net.revert(before);
    assert.equal((await ask("PUT", "/count", { data: first, "If-Match": ETag })).Status, "200");
    assert.equal((await ask("PUT", "/count", { data: "9", "If-Match": ETag })).Status, "412");
    assert.equal((await ask("GET", "/count")).body, first);
  }
});
