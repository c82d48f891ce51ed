/**
 * What the spawn message says about the token, for as long as it lives. Defaults are AO's.
 *
 * @module
 */

import { guard, Message, U128 } from "nymcompute/sdk";

/** 10,000 whole tokens of 34 places still fit below 2^128. */
const denominationMax: u64 = 34;
const wholeTokens: u64 = 10_000;

export let name: string = "";
export let ticker: string = "";
export let logo: string = "";
export let denomination: string = "";

/** Takes the terms; answers the first supply. A spawn message that makes no sense is refused. */
export function readTerms(spawn: Message): U128 {
  name = spawn.tag("Name", "Points Coin");
  ticker = spawn.tag("Ticker", "PNTS");
  logo = spawn.tag("Logo", "SBCCXwwecBlDqRLUjb8dYABExTJXLieawf7m2aBJ-KY");
  denomination = spawn.tag("Denomination", "12");
  const places = U128.tryParse(denomination);
  if (!places) throw new Error("Denomination must be a number from 0 to 34");
  guard(places <= new U128(denominationMax), "Denomination must be a number from 0 to 34");
  if (!spawn.hasTag("Supply")) return new U128(wholeTokens) * U128.tenToThe(<i32>places.low);
  const supply = U128.tryParse(spawn.tag("Supply"));
  if (!supply) throw new Error("Supply must be a decimal number below 2^128");
  return supply;
}
