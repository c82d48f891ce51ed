/**
 * The folder of a `dev` network: its id, a key for each unit, ten accounts, a store for each unit.
 * Made where it is not there; what is there stays, so that a restart resumes. Keys are not encrypted:
 * whoever can read the folder can speak for all of them.
 *
 *     network             the network's id
 *     accounts/N.key      the key of account N
 *     messenger/key       the unit's key; store/ its store; unit.log what it said when it last ran
 *
 * @module
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../base/random.ts";
import { identityFromSeed } from "../crypto/identity.ts";
import { masterSeedBytes } from "../crypto/key-derivation.ts";
import { createKeyFile, KeyFileError, readKeyFile } from "../node/keyfile.ts";
import type { UnitRole } from "../protocol/http.ts";
import { idText, parseId } from "../protocol/ids.ts";
import type { DevAccount } from "./dev-record.ts";

export const accountCount = 10;

/** In the order in which they are printed. */
export const unitRoles: readonly UnitRole[] = ["messenger", "scheduler", "compute"];

export interface DevFiles {
  readonly folder: string;
  readonly network: string;
  readonly accounts: readonly DevAccount[];
  /** True where nothing was there before. */
  readonly isNew: boolean;
}

export function unitFiles(
  folder: string,
  role: UnitRole,
): { readonly key: string; readonly store: string; readonly log: string } {
  const own = join(folder, role);
  return { key: join(own, "key"), store: join(own, "store"), log: join(own, "unit.log") };
}

/** Makes what is missing. */
export async function prepareDevFiles(folder: string): Promise<DevFiles> {
  await mkdir(join(folder, "accounts"), { recursive: true, mode: 0o700 });
  const { network, isNew } = await networkIn(folder);
  for (const role of unitRoles) {
    await mkdir(join(folder, role), { recursive: true, mode: 0o700 });
    await addressOfKey(unitFiles(folder, role).key);
  }
  const accounts: DevAccount[] = [];
  for (let i = 0; i < accountCount; i++) {
    const key = join(folder, "accounts", `${i}.key`);
    accounts.push({ address: await addressOfKey(key), key });
  }
  return { folder, network, accounts, isNew };
}

async function networkIn(folder: string): Promise<{ network: string; isNew: boolean }> {
  const path = join(folder, "network");
  try {
    const network = (await readFile(path, "utf8")).trim();
    parseId(network, path);
    return { network, isNew: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const network = idText(systemRandom.bytes(32));
    await writeFile(path, `${network}\n`, { mode: 0o600, flag: "wx" });
    return { network, isNew: true };
  }
}

/** The address of a key file, which is made where there is none. */
async function addressOfKey(path: string): Promise<string> {
  const seed = await seedIn(path);
  return idText(identityFromSeed(seed).address);
}

async function seedIn(path: string): Promise<Uint8Array> {
  try {
    return (await readKeyFile(path, null)).seed;
  } catch (error) {
    if (!(error instanceof KeyFileError) || error.code !== "KEY_FILE_MISSING") throw error;
    const seed = systemRandom.bytes(masterSeedBytes);
    await createKeyFile({ path, seed, passphrase: null, random: systemRandom });
    return seed;
  }
}
