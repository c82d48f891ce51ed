import assert from "node:assert/strict";
import { test } from "node:test";
import { createNetwork } from "nymcompute/kit";

async function spawnToken() {
  const net = await createNetwork();
  const [alice, bob] = net.accounts;
  const tags = { Name: "My coin", Ticker: "MINE", Denomination: "0", Supply: "1000" };
  const token = await net.spawn("assembly/index.ts", { from: alice, tags });
  const transfer = (from, to, quantity) =>
    token.send({
      from,
      action: "Transfer",
      tags: { Recipient: to.address, Quantity: quantity },
    });
  const balanceOf = async (account) =>
    (await token.send({ from: account, action: "Balance" })).text;
  return { alice, bob, token, transfer, balanceOf };
}

test("pays, and tells both sides", async () => {
  const { alice, bob, transfer, balanceOf } = await spawnToken();
  const { messages } = await transfer(alice, bob, "250");
  assert.deepEqual(
    messages.map(({ target, tags }) => [target, tags.Action]),
    [
      [alice.address, "Debit-Notice"],
      [bob.address, "Credit-Notice"],
    ],
  );
  assert.equal(await balanceOf(alice), "750");
  assert.equal(await balanceOf(bob), "250");
});

test("nobody spends what they do not have", async () => {
  const { alice, bob, transfer, balanceOf } = await spawnToken();
  const { messages } = await transfer(bob, alice, "1");
  assert.equal(messages[0].tags.Error, "Insufficient Balance!");
  assert.equal(await balanceOf(alice), "1000");
});
