/**
 * What the token costs, by the network's own gas schedule. Gas is a function of the module and the
 * messages alone, so these are bounds and not measurements.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { compileProcess } from "../../src/kit/compile.ts";
import { instrumentModule } from "../../src/wasm/instrument/instrument-module.ts";
import { validateProcess } from "../../src/wasm/validate/validate-process.ts";
import { addressOf, idOf, RawProcess } from "../raw-process.ts";

const gasLimit = 64_000_000n;
let token: RawProcess;

beforeAll(async () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const compiled = await compileProcess({ folder, entry: "assembly/index.ts" });
  if (!compiled.ok) throw new Error("the token compiles");
  const { bytes, stackLimit } = instrumentModule(validateProcess(compiled.wasm), {
    dirtyTracking: false,
  });
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  token = RawProcess.spawn(module, { from: idOf(0), tags: {} }, { gasLimit, stackLimit });
  for (let account = 1; account < 1000; account++) transferGas(0, account, "1000000");
});

function transferGas(from: number, to: number, quantity: string, cast = false): number {
  const tags = {
    Action: "Transfer",
    Recipient: addressOf(to),
    Quantity: quantity,
    ...(cast ? { Cast: "1" } : {}),
  };
  token.deliver({ from: idOf(from), tags });
  return token.gasUsed;
}

/** Gas of transfers between 1,000 accounts, in order. */
function costs(cast: boolean): number[] {
  const gas = Array.from({ length: 600 }, (_, at) => {
    return transferGas((at * 797) % 1000, (at * 389 + 1) % 1000, "17", cast);
  });
  return gas.sort((left, right) => left - right);
}

test("a transfer between 1,000 accounts costs about 21,000 gas", () => {
  const gas = costs(false);
  expect(gas[300]).toBeLessThan(24_000);
});

test("a transfer without notices costs about 12,500 gas", () => {
  const gas = costs(true);
  expect(gas[300]).toBeLessThan(15_000);
});

test("the sender who meets the collector pays less than a tenth of the default limit", () => {
  const gas = [...costs(false), ...costs(true)];
  expect(Math.max(...gas)).toBeLessThan(800_000);
});

test("a page of 1,000 balances fits the default limit of 8 million", () => {
  const { text } = token.deliver({ tags: { Action: "Balances" } });
  expect(Object.keys(JSON.parse(text) as object)).toHaveLength(1000);
  expect(token.gasUsed).toBeLessThan(8_000_000);
});
