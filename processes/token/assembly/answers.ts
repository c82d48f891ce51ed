/**
 * The token's longer answers: what it is called and who holds what.
 *
 * @module
 */

import { jsonText, Message, output, reply } from "nymcompute/sdk";
import { balances } from "./ledger";
import { denomination, logo, name, ticker } from "./terms";

/** Accounts in one answer: 1,000 of them are about 100 KiB and 2 million gas. */
const accountsMax: i32 = 1000;

export function sendInfo(message: Message): void {
  reply(message)
    .tag("Name", name)
    .tag("Ticker", ticker)
    .tag("Logo", logo)
    .tag("Denomination", denomination);
  output('{"Name":' + jsonText(name) + ',"Ticker":' + jsonText(ticker));
  output(',"Logo":' + jsonText(logo) + ',"Denomination":' + jsonText(denomination) + "}");
}

/** A JSON object of all balances; with more than 1,000, from the tag `Cursor` on, page by page. */
export function sendBalances(message: Message): void {
  const from = message.tagAddress("Cursor");
  const cursor = from ? balances.cursorFrom(from) : balances.cursor();
  const answer = reply(message, "{");
  for (let count = 0; cursor.isValid && count < accountsMax; count++) {
    answer
      .text(count == 0 ? '"' : ',"')
      .address(cursor.key)
      .text('":"');
    answer.amount(cursor.value).text('"');
    cursor.next();
  }
  answer.text("}");
  if (cursor.isValid) answer.tagAddress("Cursor", cursor.key);
}
