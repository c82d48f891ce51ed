/**
 * The token against a model: whatever is sent, the supply is the sum of the balances.
 *
 * @module
 */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { addressOf, compileFolder, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileFolder(".", import.meta.url);
});

const top = 2n ** 128n - 1n;
const accounts = 6;

interface Step {
  readonly action: "Transfer" | "Mint" | "Burn";
  readonly from: number;
  readonly to: number;
  readonly quantity: bigint;
}

const quantity = fc.oneof(
  fc.bigInt({ min: 0n, max: 40n }),
  fc.bigInt({ min: 0n, max: top }),
  fc.constantFrom(top, top - 1n, top - 100n, 2n ** 64n, 2n ** 64n - 1n),
);
const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom(
    "Transfer" as const,
    "Transfer" as const,
    "Mint" as const,
    "Burn" as const,
  ),
  from: fc.nat({ max: accounts - 1 }),
  to: fc.nat({ max: accounts - 1 }),
  quantity,
});

/** Takes the step in the model; false where the token must refuse it. */
function take(balances: bigint[], { action, from, to, quantity }: Step): boolean {
  const held = balances[from] ?? 0n;
  const supply = balances.reduce((sum, each) => sum + each, 0n);
  if (quantity === 0n) return false;
  if (action === "Mint") {
    if (from !== 0 || supply + quantity > top) return false;
    balances[from] = held + quantity;
    return true;
  }
  if (held < quantity) return false;
  balances[from] = held - quantity;
  if (action === "Transfer") balances[to] = (balances[to] ?? 0n) + quantity;
  return true;
}

test("property: balances are the model's after every step, and the supply is their sum", () => {
  fc.assert(
    fc.property(quantity, fc.array(step, { maxLength: 60 }), (supply, steps) => {
      const process = RawProcess.spawn(module, { from: idOf(0), tags: { Supply: String(supply) } });
      const model = Array.from({ length: accounts }, (_, at) => (at === 0 ? supply : 0n));
      for (const each of steps) {
        const tags = {
          Action: each.action,
          Recipient: addressOf(each.to),
          Quantity: String(each.quantity),
        };
        const { messages } = process.deliver({ from: idOf(each.from), tags });
        const isRefused = messages.some(({ tags: sent }) => sent["Error"] !== undefined);
        expect(isRefused).toBe(!take(model, each));
      }
      const { text } = process.deliver({ tags: { Action: "Balances" } });
      const held = model.map((balance, at): [string, string] => [addressOf(at), `${balance}`]);
      const above = Object.fromEntries(held.filter(([, balance]) => balance !== "0"));
      expect(JSON.parse(text)).toEqual(above);
      const total = process.deliver({ tags: { Action: "Total-Supply" } }).text;
      expect(total).toBe(String(model.reduce((sum, each) => sum + each, 0n)));
    }),
    { numRuns: 120 },
  );
});

test("property: whatever the tags say, the token answers and the supply stays", () => {
  const name = fc.constantFrom(
    "Action",
    "Recipient",
    "Quantity",
    "Target",
    "Cast",
    "X-A",
    "Cursor",
  );
  const value = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 50 }),
    fc.constantFrom("Transfer", "Balance", "Balances", "Info", "Total-Supply", addressOf(0), "1"),
  );
  const process = RawProcess.spawn(module, { from: idOf(0), tags: { Supply: "1000" } });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (tags) => {
      process.deliver({ from: idOf(1), tags });
      expect(process.deliver({ tags: { Action: "Total-Supply" } }).text).toBe("1000");
    }),
    { numRuns: 400 },
  );
});
