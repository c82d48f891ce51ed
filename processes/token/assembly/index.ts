/**
 * A fungible token that answers as AO's standard token does (README.md beside compares them action by
 * action). Amounts are decimal strings below 2^128. The supply is the sum of all balances, always;
 * since it is below 2^128, no balance can pass the top by a transfer.
 *
 * @module
 */

import { Message, output, owner, reply, replyError, self, send, U128 } from "nymcompute/sdk";
import { sendBalances, sendInfo } from "./answers";
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

/** The tag `Quantity` if it is a number above zero; else answers what is wrong with it. */
function readQuantity(message: Message, errorAction: string): U128 | null {
  const quantity = message.tagAmount("Quantity");
  if (quantity && !quantity.isZero) return quantity;
  let error = "Quantity must be greater than 0";
  if (!message.hasTag("Quantity")) error = "Quantity is required!";
  else if (!quantity) error = "Quantity must be a decimal number below 2^128";
  replyError(message, error, errorAction);
  return null;
}

function onTransfer(message: Message): void {
  const recipient = message.tagAddress("Recipient");
  if (!recipient) {
    const isGiven = message.hasTag("Recipient");
    const error = isGiven ? "Recipient must be an address" : "Recipient is required!";
    return replyError(message, error, "Transfer-Error");
  }
  const quantity = readQuantity(message, "Transfer-Error");
  if (!quantity) return;
  const sender = message.from;
  if (!transfer(sender, recipient, quantity)) {
    return replyError(message, "Insufficient Balance!", "Transfer-Error");
  }

  if (message.hasTag("Cast")) return output("Transferred " + quantity.toString());
  reply(message)
    .tag("Action", "Debit-Notice")
    .tagAddress("Recipient", recipient)
    .tagAmount("Quantity", quantity)
    .text("You transferred ")
    .amount(quantity)
    .text(" to ")
    .address(recipient)
    .copyTags(message, "X-");
  send(recipient, "Credit-Notice")
    .tagAddress("Sender", sender)
    .tagAmount("Quantity", quantity)
    .text("You received ")
    .amount(quantity)
    .text(" from ")
    .address(sender)
    .copyTags(message, "X-");
}

function onBalance(message: Message): void {
  const name = message.hasTag("Recipient") ? "Recipient" : "Target";
  const isNamed = message.hasTag(name);
  const account = isNamed ? message.tagAddress(name) : message.from;
  // What is no address holds nothing: AO answers 0 for any text that it does not know.
  const balance = account ? balanceOf(account) : U128.zero;
  reply(message)
    .amount(balance)
    .tagAmount("Balance", balance)
    .tag("Ticker", ticker)
    .tag("Account", isNamed ? message.tag(name) : message.from.toString());
}

function onTotalSupply(message: Message): void {
  if (message.from == self()) {
    return replyError(message, "Cannot call Total-Supply from the same process!");
  }
  reply(message).amount(supply()).tag("Action", "Total-Supply").tag("Ticker", ticker);
}

function onMint(message: Message): void {
  if (message.from != owner()) {
    const text = "Only the Process Owner can mint new " + ticker + " tokens!";
    return replyError(message, text, "Mint-Error");
  }
  const quantity = readQuantity(message, "Mint-Error");
  if (!quantity) return;
  if (!mint(message.from, quantity)) {
    return replyError(message, "The supply would be above 2^128 - 1", "Mint-Error");
  }
  reply(message).text("Successfully minted ").amount(quantity);
}

function onBurn(message: Message): void {
  const quantity = readQuantity(message, "Burn-Error");
  if (!quantity) return;
  if (!burn(message.from, quantity)) {
    return replyError(message, "Insufficient Balance!", "Burn-Error");
  }
  reply(message).text("Successfully burned ").amount(quantity);
}
