/**
 * Who holds how much. Accounts without tokens are not kept.
 *
 * @module
 */

import { Address, SortedMap, U128 } from "nymcompute/sdk";

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

/** Moves tokens; false, and nothing moved, where they are not there. */
export function transfer(from: Address, to: Address, quantity: U128): bool {
  const left = balanceOf(from);
  if (left < quantity) return false;
  setBalance(from, left - quantity);
  setBalance(to, balanceOf(to) + quantity);
  return true;
}

/** Makes tokens; false, and none made, where the supply would be above 2^128 - 1. */
export function mint(account: Address, quantity: U128): bool {
  if (!supplied.canAdd(quantity)) return false;
  supplied = supplied + quantity;
  setBalance(account, balanceOf(account) + quantity);
  return true;
}

/** Ends tokens; false, and none ended, where they are not there. */
export function burn(account: Address, quantity: U128): bool {
  const left = balanceOf(account);
  if (left < quantity) return false;
  setBalance(account, left - quantity);
  supplied = supplied - quantity;
  return true;
}

function setBalance(account: Address, balance: U128): void {
  if (balance.isZero) balances.delete(account);
  else balances.set(account, balance);
}
