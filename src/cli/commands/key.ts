/**
 * `nymcompute key new` and `key address`: an identity in a file.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemRandom } from "../../base/random.ts";
import { identityFromSeed } from "../../crypto/identity.ts";
import { masterSeedBytes } from "../../crypto/key-derivation.ts";
import { createKeyFile } from "../../node/keyfile.ts";
import { newPassphraseFromTerminal, passphraseFromFile } from "../../node/passphrase.ts";
import { idText } from "../../protocol/ids.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { type DevAccount, devNetworkNear } from "../dev-record.ts";
import { readIdentity } from "../open-network.ts";
import { keyOptions } from "../options.ts";
import { defaultKeyFile } from "../places.ts";
import type { Terminal } from "../terminal.ts";

export const keyCommand: Command = defineCommand({
  command: "nymcompute key",
  summary: "Makes an identity (new) or shows the address of one (address).",
  arguments: [{ name: "new|address", help: "what to do" }],
  options: [
    {
      name: "out",
      kind: "string",
      env: null,
      short: "o",
      placeholder: "FILE",
      help: "new: the file to write; by default ~/.config/nymcompute/key",
    },
    ...keyOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const [verb] = given;
    if (verb === "new") {
      const file = resolve(terminal.folder, values.out ?? values.key ?? defaultKeyFile());
      const address = await newKey(file, values["passphrase-file"], terminal);
      return { json: { address, file }, text: `${address}\n${file}` };
    }
    if (verb === "address") {
      const account = values.key === undefined ? await devAccount(terminal) : null;
      if (account !== null) {
        terminal.note("that of dev account 0 (--key names another)");
        return { json: { address: account.address, file: account.key }, text: account.address };
      }
      const file = resolve(terminal.folder, values.key ?? defaultKeyFile());
      const { identity } = await readIdentity(values, file);
      const address = idText(identity.address);
      return { json: { address, file }, text: address };
    }
    const next = "nymcompute key new, or nymcompute key address";
    throw new CliError("ARGUMENT_INVALID", { expected: "new or address", got: verb ?? "" }, next);
  },
});

/** Who signs in this folder where no key is named; null where no `dev` network runs. */
async function devAccount(terminal: Terminal): Promise<DevAccount | null> {
  return (await devNetworkNear(terminal.folder))?.accounts[0] ?? null;
}

async function newKey(
  file: string,
  passphraseFile: string | undefined,
  terminal: Terminal,
): Promise<string> {
  const passphrase = await newPassphrase(passphraseFile, terminal);
  const seed = systemRandom.bytes(masterSeedBytes);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  if (passphrase !== null) terminal.progress("encrypting …");
  await createKeyFile({ path: file, seed, passphrase, random: systemRandom });
  return idText(identityFromSeed(seed).address);
}

/** Null leaves the seed in clear, and says so: a script without a terminal cannot be asked. */
async function newPassphrase(file: string | undefined, terminal: Terminal): Promise<string | null> {
  const streams = { input: process.stdin, output: process.stderr };
  let passphrase = "";
  if (file !== undefined) passphrase = await passphraseFromFile(file)();
  else if (process.stdin.isTTY === true) {
    const prompt = "Passphrase of the new key (empty: not encrypted): ";
    passphrase = await newPassphraseFromTerminal(streams, prompt)();
  }
  if (passphrase !== "") return passphrase;
  terminal.note("the key is not encrypted: whoever can read the file can speak for it");
  return null;
}
