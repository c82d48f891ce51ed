/**
 * Which network a command talks to, and who speaks: units named by options, else the `dev` network of
 * the folder, else the usual ports of this machine; the key that is named, else account 0 of a `dev`
 * network, else the person's own.
 *
 * @module
 */

import { type Connection, connect } from "../client/connect.ts";
import { messengerClient } from "../client/messenger-client.ts";
import { UnitCallError } from "../client/unit-call.ts";
import { type Identity, identityFromSeed } from "../crypto/identity.ts";
import { readKeyFile } from "../node/keyfile.ts";
import { passphraseFromFile, passphraseFromTerminal } from "../node/passphrase.ts";
import { CliError } from "./cli-error.ts";
import { devNetworkNear, devNetworkOf } from "./dev-record.ts";
import { defaultKeyFile } from "./places.ts";
import { shiftedClock } from "./shifted-clock.ts";
import type { Terminal } from "./terminal.ts";

/** The values of `networkOptions`. */
export interface NetworkValues {
  readonly messenger: string | undefined;
  readonly scheduler: readonly string[];
  readonly compute: readonly string[];
  readonly network: string | undefined;
}

/** The values of `keyOptions`. */
export interface KeyValues {
  readonly key: string | undefined;
  readonly "passphrase-file": string | undefined;
}

/** Where the units of a network answer. */
export interface NetworkUrls {
  readonly messenger: string;
  readonly scheduler: readonly string[];
  readonly compute: readonly string[];
}

/** The ports of a `dev` network that was started without options. */
export const usualUrls: NetworkUrls = {
  messenger: "http://127.0.0.1:8701",
  scheduler: ["http://127.0.0.1:8702"],
  compute: ["http://127.0.0.1:8703"],
};

/** Where the units are that the options mean. Asks the messenger where it alone is named. */
export async function urlsOf(values: NetworkValues, folder: string): Promise<NetworkUrls> {
  const { messenger, scheduler, compute } = values;
  for (const url of [messenger ?? [], scheduler, compute].flat()) checkUrl(url);
  const near = await devNetworkNear(folder);
  const known: NetworkUrls =
    near === null
      ? usualUrls
      : { messenger: near.messenger, scheduler: [near.scheduler], compute: [near.compute] };
  if (messenger === undefined) {
    return {
      messenger: known.messenger,
      scheduler: scheduler.length > 0 ? scheduler : known.scheduler,
      compute: compute.length > 0 ? compute : known.compute,
    };
  }
  if (scheduler.length > 0 && compute.length > 0) return { messenger, scheduler, compute };
  const units = await messengerClient(messenger).units();
  return {
    messenger,
    scheduler: scheduler.length > 0 ? scheduler : units.schedulers.map(({ url }) => url),
    compute: compute.length > 0 ? compute : units.computes.map(({ url }) => url),
  };
}

function checkUrl(url: string): void {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return;
  const next = "write it as in http://127.0.0.1:8701";
  throw new CliError("ARGUMENT_INVALID", { expected: "a unit's URL", got: url }, next);
}

/** Connects to the network that the options mean. */
export async function openNetwork(values: NetworkValues, folder: string): Promise<Connection> {
  const { network } = values;
  const urls = await urlsOf(values, folder);
  try {
    const connection = await connect({ ...urls, ...(network === undefined ? {} : { network }) });
    await followDevClock(connection.network, urls.messenger);
    return connection;
  } catch (error) {
    if (!(error instanceof UnitCallError) || error.code !== "UNREACHABLE") throw error;
    // The URL is the thing to know; the system's reason stands behind it.
    const fields = { unit: error.fields["unit"] ?? urls.messenger, cause: shortCause(error) };
    throw new UnitCallError("UNREACHABLE", { status: 0 }, fields, { cause: error });
  }
}

/** Where a `dev` network's clock was moved, a message that ends by the machine's would be too late. */
async function followDevClock(network: string, messenger: string): Promise<void> {
  const dev = await devNetworkOf(network);
  if (dev === null || dev.messenger !== messenger || !dev.clockOffsetMs) return;
  shiftedClock()(dev.clockOffsetMs);
}

function shortCause(error: UnitCallError): string {
  const cause = String(error.fields["cause"] ?? "");
  return cause === "" ? "no connection" : cause;
}

/** The identity that signs in a network, or only asks. Says on stderr where it took a `dev` account. */
export async function openSigner(
  values: KeyValues,
  network: string,
  terminal: Terminal,
  does: "signing" | "asking" = "signing",
): Promise<Identity> {
  if (values.key === undefined) {
    const near = await devNetworkNear(terminal.folder);
    const dev = near?.network === network ? near : await devNetworkOf(network);
    const account = dev?.accounts[0];
    if (account !== undefined) {
      terminal.note(`${does} as dev account 0, ${account.address} (--key names another)`);
      return identityFromSeed((await readKeyFile(account.key, null)).seed);
    }
  }
  return (await readIdentity(values, values.key ?? defaultKeyFile())).identity;
}

/** The identity in a key file; the passphrase comes from the file named, else from a terminal. */
export async function readIdentity(
  values: KeyValues,
  file: string,
): Promise<{ readonly identity: Identity; readonly isEncrypted: boolean }> {
  const secret = values["passphrase-file"];
  const streams = { input: process.stdin, output: process.stderr };
  const passphrase =
    secret === undefined
      ? passphraseFromTerminal(streams, `Passphrase of ${file}: `)
      : passphraseFromFile(secret);
  const { seed, isEncrypted } = await readKeyFile(file, passphrase);
  return { identity: identityFromSeed(seed), isEncrypted };
}
