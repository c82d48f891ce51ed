/**
 * What the page offers to a first-time user: modules that the console brings along, compiled from
 * `processes/`, and messages that they understand.
 *
 * @module
 */

import type { Draft } from "./act-calls.ts";

/** A module that is served beside the page. */
export interface ModuleTemplate {
  readonly name: string;
  readonly word: string;
  readonly file: string;
  readonly draft: Draft;
}

export const moduleTemplates: readonly ModuleTemplate[] = [
  {
    name: "token",
    word: "a fungible token; the supply is yours",
    file: "/console/token.wasm",
    draft: {
      action: "",
      tags: [
        { name: "Name", value: "My Coin" },
        { name: "Ticker", value: "MINE" },
        { name: "Denomination", value: "0" },
        { name: "Supply", value: "1000" },
      ],
      data: "",
    },
  },
  {
    name: "counter",
    word: "counts its messages",
    file: "/console/counter.wasm",
    draft: { action: "", tags: [], data: "" },
  },
];

/** A message that a template's process understands. */
export interface MessageTemplate {
  readonly name: string;
  readonly draft: Draft;
}

export const messageTemplates: readonly MessageTemplate[] = [
  {
    name: "token: transfer",
    draft: {
      action: "Transfer",
      tags: [
        { name: "Recipient", value: "" },
        { name: "Quantity", value: "" },
      ],
      data: "",
    },
  },
  { name: "token: my balance", draft: { action: "Balance", tags: [], data: "" } },
  { name: "counter: increment", draft: { action: "Increment", tags: [], data: "" } },
];
