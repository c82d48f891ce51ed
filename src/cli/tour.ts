/**
 * The first message that goes round: a token is spawned, some of it is sent to another process, and
 * the notices that this causes are followed to where they end. Told step by step.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { type Connection, connect } from "../client/connect.ts";
import type { Sent } from "../client/sent.ts";
import { type Identity, identityFromSeed } from "../crypto/identity.ts";
import { readKeyFile } from "../node/keyfile.ts";
import type { AddressedMessage } from "../protocol/http.ts";
import { parseId } from "../protocol/ids.ts";
import type { Tag } from "../protocol/message.ts";
import { CliError } from "./cli-error.ts";
import type { DevRecord } from "./dev-record.ts";
import { TreeReader } from "./message-tree.ts";
import { builtFile } from "./places.ts";
import { settledTree } from "./settled-tree.ts";
import { failureIn, tagsText } from "./show-result.ts";
import { treeText } from "./tree-text.ts";

/** What the tour made. */
export interface TourEnd {
  readonly token: string;
  readonly counter: string;
  /** The transfer. */
  readonly message: string;
}

const waitMs = 30_000;

/** Goes round once. `say` takes whole lines. */
export async function runTour(record: DevRecord, say: (text: string) => void): Promise<TourEnd> {
  const connection = await connect(record);
  const account = record.accounts[0];
  if (account === undefined) throw new RangeError("a dev network has accounts");
  const signer = identityFromSeed((await readKeyFile(account.key, null)).seed);

  say("1/4  Account 0 spawns a token and owns all of it.");
  const token = await spawned(connection, "token", signer, [
    { name: "Name", value: "First Coin" },
    { name: "Ticker", value: "FIRST" },
    { name: "Denomination", value: "0" },
    { name: "Supply", value: "1000" },
  ]);
  say(`     token    ${token}\n`);

  say("2/4  A second process, a counter, will receive some of it.");
  const counter = await spawned(connection, "counter", signer, []);
  say(`     counter  ${counter}\n`);

  say("3/4  Account 0 sends 250 to the counter: one signed message, and all that it causes.");
  const sent = await good(
    await connection.message(token, {
      signer,
      action: "Transfer",
      tags: [
        { name: "Recipient", value: counter },
        { name: "Quantity", value: "250" },
      ],
      wait: "result",
      timeoutMs: waitMs,
    }),
  );
  const reader = new TreeReader(connection.messenger);
  const tree = await settledTree(reader, parseId(sent.id), waitMs, () => undefined);
  say(indented(treeText(tree)));
  say("     The counter was told (Credit-Notice), does not know the action and says so; the token");
  say(
    "     heard that. Nobody signed those messages: each carries the attested result it came from.\n",
  );

  say("4/4  Account 0 is a person, so its notice waits at the messenger:");
  const notice = await noticeFor(connection, account.address, token);
  say(`     ${tagsText(notice)}\n     ${notice.data ?? ""}\n`);
  return { token, counter, message: sent.id };
}

async function spawned(
  connection: Connection,
  name: string,
  signer: Identity,
  tags: readonly Tag[],
): Promise<string> {
  const module = new Uint8Array(await readFile(builtFile(`processes/${name}.wasm`)));
  const options = { signer, tags, wait: "result", timeoutMs: waitMs } as const;
  return (await good(await connection.spawn(module, options))).process;
}

/** The message, where its evaluation is there and good. */
async function good(sent: Sent): Promise<Sent> {
  const { id, result } = sent;
  if (result === null) throw new CliError("RESULT_LATE", { message: id, waitedMs: waitMs });
  const failure = failureIn(result);
  if (failure !== undefined) throw failure;
  return sent;
}

/** The newest notice of the token to the address. Its inbox may be long: all of it is read. */
async function noticeFor(
  connection: Connection,
  address: string,
  token: string,
): Promise<AddressedMessage> {
  let from = 0;
  for (;;) {
    const page = await connection.messenger.addressed(parseId(address), { from, limit: 100 });
    const found = page.findLast((each) => each.from === token);
    if (found !== undefined) return found;
    const last = page.at(-1);
    if (last === undefined) throw new CliError("RESULT_LATE", { expected: "a notice", address });
    from = last.sequence + 1;
  }
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "     ");
}
