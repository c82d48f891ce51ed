/**
 * Who holds how much. Accounts without tokens are not kept.
 *
 * @module
 */

import { Address, guard, SortedMap, U128 } from "nymcompute/sdk";

/** In the order of the addresses. */
export const balances = new SortedMap<Address, U128>();
let supplied: U128 = U128.zero;
const nothing: U128 = U128.zero;

export function supply(): U128 {
  return supplied;
}

export function balanceOf(account: Address): U128 {
  return balances.getOr(account, nothing);
}

/** Moves tokens; the caller has checked that they are there. */
export function transfer(from: Address, to: Address, quantity: U128): void {
  if (from == to) return guard(balanceOf(from) >= quantity, "the tokens are not there");
  setBalance(from, balanceOf(from) - quantity);
  setBalance(to, balanceOf(to) + quantity);
}

/** Makes tokens; the caller has checked that the supply stays below 2^128. */
export function mint(account: Address, quantity: U128): void {
  supplied = supplied + quantity;
  setBalance(account, balanceOf(account) + quantity);
}

/** Ends tokens; the caller has checked that they are there. */
export function burn(account: Address, quantity: U128): void {
  setBalance(account, balanceOf(account) - quantity);
  supplied = supplied - quantity;
}

function setBalance(account: Address, balance: U128): void {
  if (balance.isZero) balances.delete(account);
  else balances.set(account, balance);
}
