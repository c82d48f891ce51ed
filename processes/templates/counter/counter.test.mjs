import assert from "node:assert/strict";
import { test } from "node:test";
import { createNetwork } from "nymcompute/kit";

test("counts", async () => {
  const net = await createNetwork();
  const counter = await net.spawn("assembly/index.ts");
  assert.equal((await counter.send({ action: "Increment" })).text, "1");
  assert.equal((await counter.send({ action: "Increment" })).text, "2");
  assert.equal((await counter.send({ action: "Count" })).text, "2");
});

test("answers what it does not know with an error", async () => {
  const net = await createNetwork();
  const counter = await net.spawn("assembly/index.ts");
  const { messages } = await counter.send({ action: "Reset" });
  assert.equal(messages[0].tags.Error, "Unknown action");
});
