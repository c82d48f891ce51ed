/**
 * The token's answers, action by action, with AO's names and values.
 *
 * @module
 */

import { beforeAll, expect, test } from "vitest";
import { addressOf, compileFolder, type Evaluation, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileFolder(".", import.meta.url);
});

const owner = idOf(0);
const top = 2n ** 128n - 1n;

function token(tags: Readonly<Record<string, string>> = {}): RawProcess {
  return RawProcess.spawn(module, { from: owner, tags });
}

function transfer(
  process: RawProcess,
  parts: { from: number; to: string; quantity: string; tags?: Readonly<Record<string, string>> },
): Evaluation {
  const tags = { Action: "Transfer", Recipient: parts.to, Quantity: parts.quantity, ...parts.tags };
  return process.deliver({ from: idOf(parts.from), tags });
}

function balanceOf(process: RawProcess, account: number): string {
  return process.deliver({ tags: { Action: "Balance", Recipient: addressOf(account) } }).text;
}

function expectError(evaluation: Evaluation, action: string, error: string): void {
  expect(evaluation.messages).toHaveLength(1);
  const tags = evaluation.messages[0]?.tags;
  expect(tags).toMatchObject({ Action: action, Error: error });
  expect(tags?.["Message-Id"]).toHaveLength(43);
  expect(evaluation.text).toBe(error);
}

test("has AO's defaults, and gives the supply to whoever spawned it", () => {
  const process = token();
  const info = process.deliver({ from: idOf(5), tags: { Action: "Info" } });
  expect(info.messages).toEqual([
    {
      target: addressOf(5),
      tags: {
        Name: "Points Coin",
        Ticker: "PNTS",
        Logo: "SBCCXwwecBlDqRLUjb8dYABExTJXLieawf7m2aBJ-KY",
        Denomination: "12",
      },
      names: ["Name", "Ticker", "Logo", "Denomination"],
      data: null,
    },
  ]);
  expect(JSON.parse(info.text)).toEqual(info.messages[0]?.tags);
  expect(balanceOf(process, 0)).toBe("10000000000000000");
});

test("takes name, ticker, logo, denomination and supply from the spawn message", () => {
  const tags = {
    Name: 'My "own" coin\n',
    Ticker: "OWN",
    Logo: "none",
    Denomination: "0",
    Supply: String(top),
  };
  const process = token(tags);
  const info = JSON.parse(process.deliver({ tags: { Action: "Info" } }).text) as object;
  const { Supply, ...named } = tags;
  expect(info).toEqual(named);
  expect(balanceOf(process, 0)).toBe(Supply);
  expect(balanceOf(token({ Denomination: "3" }), 0)).toBe("10000000");
});

test.each([
  ["Denomination", "35"],
  ["Denomination", "many"],
  ["Supply", "-1"],
  ["Supply", String(top + 1n)],
])("is stillborn where %s is %s", (name, value) => {
  expect(() => token({ [name]: value })).toThrow("unreachable");
});

test("moves tokens and tells both sides", () => {
  const process = token();
  const { messages, text } = transfer(process, { from: 0, to: addressOf(1), quantity: "250" });
  expect(messages).toEqual([
    {
      target: addressOf(0),
      tags: { Action: "Debit-Notice", Recipient: addressOf(1), Quantity: "250" },
      names: ["Action", "Recipient", "Quantity"],
      data: `You transferred 250 to ${addressOf(1)}`,
    },
    {
      target: addressOf(1),
      tags: { Action: "Credit-Notice", Sender: addressOf(0), Quantity: "250" },
      names: ["Action", "Sender", "Quantity"],
      data: `You received 250 from ${addressOf(0)}`,
    },
  ]);
  expect(text).toBe(`You transferred 250 to ${addressOf(1)}`);
  expect(balanceOf(process, 1)).toBe("250");
  expect(balanceOf(process, 0)).toBe(String(10n ** 16n - 250n));
});

test("hands on the tags that begin with X- to both notices", () => {
  const tags = { "X-Order": "7", "X-Ünïcode": "wörld", "x-lower": "no", Other: "no" };
  const { messages } = transfer(token(), { from: 0, to: addressOf(1), quantity: "1", tags });
  for (const { names, tags: notice } of messages) {
    expect(names.slice(3)).toEqual(["X-Order", "X-Ünïcode"]);
    expect(notice).toMatchObject({ "X-Order": "7", "X-Ünïcode": "wörld" });
  }
});

test("answers a Reference as X-Reference, once", () => {
  const tags = { Reference: "41" };
  const plain = transfer(token(), { from: 0, to: addressOf(1), quantity: "1", tags });
  expect(plain.messages[0]?.tags["X-Reference"]).toBe("41");
  const forwarded = transfer(token(), {
    from: 0,
    to: addressOf(1),
    quantity: "1",
    tags: { "X-Reference": "42" },
  });
  for (const { names, tags: notice } of forwarded.messages) {
    expect(names.filter((name) => name === "X-Reference")).toHaveLength(1);
    expect(notice["X-Reference"]).toBe("42");
  }
});

test("forwards as many X- tags as a message can bear", () => {
  const extra = Object.fromEntries(Array.from({ length: 61 }, (_, at) => [`X-${at}`, `${at}`]));
  const { messages } = transfer(token(), {
    from: 0,
    to: addressOf(1),
    quantity: "1",
    tags: extra,
  });
  expect(messages.map(({ names }) => names.length)).toEqual([64, 64]);
});

test("a Cast transfer moves tokens and notifies nobody", () => {
  const process = token();
  const tags = { Cast: "true" };
  const { messages, text } = transfer(process, { from: 0, to: addressOf(1), quantity: "9", tags });
  expect(messages).toEqual([]);
  expect(text).toBe("Transferred 9");
  expect(balanceOf(process, 1)).toBe("9");
});

test("a transfer to oneself changes nothing and notifies twice", () => {
  const process = token({ Supply: "10" });
  const { messages } = transfer(process, { from: 0, to: addressOf(0), quantity: "10" });
  expect(messages.map(({ tags }) => tags["Action"])).toEqual(["Debit-Notice", "Credit-Notice"]);
  expect(balanceOf(process, 0)).toBe("10");
  const tooMuch = transfer(process, { from: 0, to: addressOf(0), quantity: "11" });
  expectError(tooMuch, "Transfer-Error", "Insufficient Balance!");
});

test.each([
  [{}, "Recipient is required!"],
  [{ Recipient: "alice", Quantity: "1" }, "Recipient must be an address"],
  [{ Recipient: `${addressOf(1).slice(0, 42)}!`, Quantity: "1" }, "Recipient must be an address"],
  [{ Recipient: addressOf(1) }, "Quantity is required!"],
  [{ Recipient: addressOf(1), Quantity: "0" }, "Quantity must be greater than 0"],
  [{ Recipient: addressOf(1), Quantity: "-5" }, "Quantity must be a decimal number below 2^128"],
  [{ Recipient: addressOf(1), Quantity: "1.5" }, "Quantity must be a decimal number below 2^128"],
  [{ Recipient: addressOf(1), Quantity: "010" }, "Quantity must be a decimal number below 2^128"],
  [
    { Recipient: addressOf(1), Quantity: String(top + 1n) },
    "Quantity must be a decimal number below 2^128",
  ],
  [{ Recipient: addressOf(1), Quantity: "11" }, "Insufficient Balance!"],
])("refuses the transfer %j: %s", (tags, error) => {
  const process = token({ Supply: "10" });
  const refused = process.deliver({ from: owner, tags: { Action: "Transfer", ...tags } });
  expectError(refused, "Transfer-Error", error);
  expect([balanceOf(process, 0), balanceOf(process, 1)]).toEqual(["10", "0"]);
});

test("answers a balance for Recipient, Target or the sender", () => {
  const process = token({ Ticker: "TT", Supply: "70" });
  const ask = (from: number, tags: Readonly<Record<string, string>>): unknown => {
    const { messages, text } = process.deliver({
      from: idOf(from),
      tags: { Action: "Balance", ...tags },
    });
    return [messages[0]?.tags["Balance"], messages[0]?.tags["Account"], messages[0]?.data, text];
  };
  expect(ask(0, {})).toEqual(["70", addressOf(0), "70", "70"]);
  expect(ask(9, { Target: addressOf(0) })).toEqual(["70", addressOf(0), "70", "70"]);
  const both = { Recipient: addressOf(3), Target: addressOf(0) };
  expect(ask(9, both)).toEqual(["0", addressOf(3), "0", "0"]);
  expect(ask(0, { Recipient: "nobody" })).toEqual(["0", "nobody", "0", "0"]);
  const { messages } = process.deliver({ from: owner, tags: { Action: "Balance" } });
  expect(messages[0]?.tags["Ticker"]).toBe("TT");
});

test("mints for the owner alone, up to the top and no further", () => {
  const process = token({ Supply: "10", Ticker: "TT" });
  const mint = (from: number, quantity?: string): Evaluation =>
    process.deliver({
      from: idOf(from),
      tags: { Action: "Mint", ...(quantity === undefined ? {} : { Quantity: quantity }) },
    });
  const refusal = "Only the Process Owner can mint new TT tokens!";
  expectError(mint(1, "5"), "Mint-Error", refusal);
  expectError(mint(0, "0"), "Mint-Error", "Quantity must be greater than 0");
  expectError(mint(0), "Mint-Error", "Quantity is required!");
  const tooMuch = mint(0, String(top - 9n));
  expectError(tooMuch, "Mint-Error", "The supply would be above 2^128 - 1");
  expect(balanceOf(process, 0)).toBe("10");

  const minted = mint(0, String(top - 10n));
  expect(minted.messages[0]?.data).toBe(`Successfully minted ${top - 10n}`);
  expect(balanceOf(process, 0)).toBe(String(top));
  expectError(mint(0, "1"), "Mint-Error", "The supply would be above 2^128 - 1");
});

test("burns what the sender holds", () => {
  const process = token({ Supply: "10" });
  const burn = (from: number, quantity: string): Evaluation =>
    process.deliver({ from: idOf(from), tags: { Action: "Burn", Quantity: quantity } });
  expectError(burn(1, "1"), "Burn-Error", "Insufficient Balance!");
  expectError(burn(0, "11"), "Burn-Error", "Insufficient Balance!");
  expect(burn(0, "4").text).toBe("Successfully burned 4");
  expect(balanceOf(process, 0)).toBe("6");
  const supply = process.deliver({ from: idOf(1), tags: { Action: "Total-Supply" } });
  expect(supply.messages[0]?.tags).toEqual({ Action: "Total-Supply", Ticker: "PNTS" });
  expect(supply.messages[0]?.data).toBe("6");
});

test("refuses Total-Supply to itself, as AO does", () => {
  const process = token();
  const self = new Uint8Array(Buffer.from(process.id, "base64url"));
  const refused = process.deliver({
    from: self,
    fromProcess: true,
    tags: { Action: "Total-Supply" },
  });
  expectError(refused, "Error", "Cannot call Total-Supply from the same process!");
});

test("answers an action that it does not know with an error, but never an error with an error", () => {
  const process = token({ Supply: "10" });
  expectError(process.deliver({ tags: { Action: "Dance" } }), "Error", "Unknown action");
  expectError(process.deliver({ tags: {} }), "Error", "Unknown action");
  expect(process.deliver({ tags: { Action: "Error", Error: "huh" } }).messages).toEqual([]);
  expect(balanceOf(process, 0)).toBe("10");
});

test("lists all balances in the order of the addresses, page by page", () => {
  const process = token({ Supply: "5000" });
  const expected = new Map<string, string>();
  for (let at = 1; at <= 1200; at++) {
    const tags = { Cast: "1" };
    transfer(process, { from: 0, to: addressOf(at), quantity: String((at % 3) + 1), tags });
    expected.set(addressOf(at), String((at % 3) + 1));
  }
  expected.set(addressOf(0), balanceOf(process, 0));
  const first = process.deliver({ tags: { Action: "Balances" } });
  const cursor = first.messages[0]?.tags["Cursor"] ?? "";
  const second = process.deliver({ tags: { Action: "Balances", Cursor: cursor } });
  const pages = [first, second].map(({ messages, text }) => {
    expect(text).toBe(messages[0]?.data);
    return Object.entries(JSON.parse(text) as Record<string, string>);
  });
  expect(pages.map((page) => page.length)).toEqual([1000, 201]);
  expect(second.messages[0]?.names).toEqual([]);
  expect(new Map(pages.flat())).toEqual(expected);
  const bytes = pages.flat().map(([account]) => Buffer.from(account, "base64url").toString("hex"));
  expect(bytes).toEqual([...bytes].sort((left, right) => (left < right ? -1 : 1)));
});
