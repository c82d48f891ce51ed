import assert from "node:assert/strict";
import { test } from "node:test";
import { createNetwork } from "nymcompute/kit";

test("what a member says goes to everyone in the room", async () => {
  const net = await createNetwork();
  const [alice, bob, eve] = net.accounts;
  const room = await net.spawn("assembly/index.ts");
  await room.send({ from: alice, action: "Join" });
  await room.send({ from: bob, action: "Join" });

  const { messages } = await room.send({ from: alice, action: "Broadcast", data: "hello" });
  assert.deepEqual(
    new Set(messages.map(({ target }) => target)),
    new Set([alice.address, bob.address]),
  );
  assert.equal(messages[0].data, "hello");

  const refused = await room.send({ from: eve, action: "Broadcast", data: "psst" });
  assert.equal(refused.messages[0].tags.Error, "Join first");

  const history = JSON.parse((await room.send({ action: "History" })).text);
  assert.deepEqual(
    history.map(({ From, Text }) => [From, Text]),
    [[alice.address, "hello"]],
  );
});
