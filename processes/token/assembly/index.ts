/**
 * A fungible token that answers as AO's standard token does (README.md beside compares them action by
 * action). Amounts are decimal strings below 2^128. The supply is the sum of all balances, always;
 * since it is below 2^128, no balance can pass the top by a transfer.
 *
 * @module
 */

import { Message, output, owner, reply, replyError, self, send, U128 } from "nymcompute/sdk";
import { forwardTags, sendBalances, sendInfo } from "./answers";
import { balanceOf, burn, mint, supply, transfer } from "./ledger";
import { readTerms, ticker } from "./terms";

/** The spawn message: its tags name the token, and the supply goes to whoever spawned it. */
export function start(spawn: Message): void {
  mint(owner(), readTerms(spawn));
}

export function receive(message: Message): void {
  const action = message.action;
  if (action == "Transfer") onTransfer(message);
  else if (action == "Balance") onBalance(message);
  else if (action == "Info") sendInfo(message);
  else if (action == "Total-Supply") onTotalSupply(message);
  else if (action == "Balances") sendBalances(message);
  else if (action == "Mint") onMint(message);
  else if (action == "Burn") onBurn(message);
  else replyError(message, "Unknown action");
}

/** What is wrong with the tag `Quantity`; empty where it is a number above zero. */
function quantityError(message: Message): string {
  if (!message.hasTag("Quantity")) return "Quantity is required!";
  const quantity = U128.tryParse(message.tag("Quantity"));
  if (!quantity) return "Quantity must be a decimal number below 2^128";
  return quantity.isZero ? "Quantity must be greater than 0" : "";
}

function onTransfer(message: Message): void {
  if (!message.hasTag("Recipient")) {
    return replyError(message, "Recipient is required!", "Transfer-Error");
  }
  const recipient = message.tagAddress("Recipient");
  if (!recipient) {
    return replyError(message, "Recipient must be an address", "Transfer-Error");
  }
  const error = quantityError(message);
  if (error.length > 0) return replyError(message, error, "Transfer-Error");
  const sender = message.from;
  const text = message.tag("Quantity");
  const quantity = U128.parse(text);
  if (balanceOf(sender) < quantity) {
    return replyError(message, "Insufficient Balance!", "Transfer-Error");
  }

  transfer(sender, recipient, quantity);
  if (message.hasTag("Cast")) return output("Transferred " + text);
  const debit = reply(message)
    .tag("Action", "Debit-Notice")
    .tagAddress("Recipient", recipient)
    .tag("Quantity", text)
    .text("You transferred ")
    .text(text)
    .text(" to ")
    .address(recipient);
  const credit = send(recipient, "Credit-Notice")
    .tagAddress("Sender", sender)
    .tag("Quantity", text)
    .text("You received ")
    .text(text)
    .text(" from ")
    .address(sender);
  forwardTags(message, debit, credit);
}

function onBalance(message: Message): void {
  const name = message.hasTag("Recipient") ? "Recipient" : "Target";
  const isNamed = message.hasTag(name);
  const account = isNamed ? message.tagAddress(name) : message.from;
  // What is no address holds nothing: AO answers 0 for any text that it does not know.
  const balance = (account ? balanceOf(account) : U128.zero).toString();
  reply(message, balance)
    .tag("Balance", balance)
    .tag("Ticker", ticker)
    .tag("Account", isNamed ? message.tag(name) : message.from.toString());
}

function onTotalSupply(message: Message): void {
  if (message.from == self()) {
    return replyError(message, "Cannot call Total-Supply from the same process!");
  }
  reply(message, supply().toString()).tag("Action", "Total-Supply").tag("Ticker", ticker);
}

function onMint(message: Message): void {
  if (message.from != owner()) {
    const text = "Only the Process Owner can mint new " + ticker + " tokens!";
    return replyError(message, text, "Mint-Error");
  }
  const error = quantityError(message);
  if (error.length > 0) return replyError(message, error, "Mint-Error");
  const quantity = U128.parse(message.tag("Quantity"));
  if (!supply().canAdd(quantity)) {
    return replyError(message, "The supply would be above 2^128 - 1", "Mint-Error");
  }

  mint(message.from, quantity);
  reply(message, "Successfully minted " + quantity.toString());
}

function onBurn(message: Message): void {
  const error = quantityError(message);
  if (error.length > 0) return replyError(message, error, "Burn-Error");
  const quantity = U128.parse(message.tag("Quantity"));
  if (balanceOf(message.from) < quantity) {
    return replyError(message, "Insufficient Balance!", "Burn-Error");
  }

  burn(message.from, quantity);
  reply(message, "Successfully burned " + quantity.toString());
}
