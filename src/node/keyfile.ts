/**
 * Key files (spec/03-identity.md §6): a master seed in a file that its owner alone can read. A file
 * that group or others may touch is refused, not repaired: the seed may already be known. Writing
 * never replaces a file, since a key that is overwritten is lost for ever, and a crash leaves either
 * no key file or a whole one.
 *
 * @module
 */

import { constants, type FileHandle, link, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { toHex, utf8Bytes, utf8Text } from "../base/bytes.ts";
import { CodedError, type ErrorFields } from "../base/error.ts";
import type { RandomSource } from "../base/random.ts";
import {
  decodeKeyText,
  encodeKeyText,
  isKeyTextEncrypted,
  keyTextCharactersMax,
  type ScryptCost,
} from "../crypto/key-encryption.ts";

export type KeyFileErrorCode =
  | "KEY_FILE_MISSING"
  | "KEY_FILE_EXISTS"
  | "KEY_FILE_EXPOSED"
  | "KEY_FILE_TOO_LARGE"
  | "KEY_FILE_UNREADABLE"
  | "KEY_FILE_UNWRITABLE";

/** What is wrong with the file itself; what is wrong with its text is a `CryptoError`. */
export class KeyFileError extends CodedError<KeyFileErrorCode> {
  override readonly name = "KeyFileError";
}

/** Gives a passphrase when one is needed: from a terminal or from a file (`passphrase.ts`). */
export type PassphraseSource = () => Promise<string>;

/** What a key file held. */
export interface KeyFile {
  /** The master seed, 32 bytes. */
  readonly seed: Uint8Array;
  /** False: the seed lies there in clear. Whoever starts a unit with such a key says so. */
  readonly isEncrypted: boolean;
}

const ownerOnlyMode = 0o600;
const groupAndOthers = 0o077;

/**
 * Reads a key file. Throws `KeyFileError` or, for its text and passphrase, `CryptoError`.
 *
 * @param passphrase asked only if the seed is encrypted; null where nobody can be asked
 */
export async function readKeyFile(
  path: string,
  passphrase: PassphraseSource | null,
): Promise<KeyFile> {
  const text = await readSecretFile(path, keyTextCharactersMax);
  const isEncrypted = isKeyTextEncrypted(text);
  const given = isEncrypted && passphrase !== null ? await passphrase() : null;
  return { seed: await decodeKeyText(text, given), isEncrypted };
}

/**
 * Writes a new key file with mode 0600. Throws `KEY_FILE_EXISTS` if there is anything at the path.
 *
 * @param input.passphrase null leaves the seed in clear, which is for development only
 */
export async function createKeyFile(input: {
  readonly path: string;
  readonly seed: Uint8Array;
  readonly passphrase: string | null;
  readonly random: RandomSource;
  readonly cost?: ScryptCost;
}): Promise<void> {
  const { path, seed, passphrase, random, cost } = input;
  const protection =
    passphrase === null ? null : { passphrase, random, ...(cost === undefined ? {} : { cost }) };
  const text = await encodeKeyText(seed, protection);
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${toHex(random.bytes(8))}.new`);
  try {
    await writeDurably(draft, utf8Bytes(text));
    try {
      // Not rename: it would replace a key that somebody wrote since. A link to a name that exists fails.
      await link(draft, path);
    } finally {
      await unlink(draft);
    }
    await syncFolder(folder);
  } catch (cause) {
    const code = systemCode(cause) === "EEXIST" ? "KEY_FILE_EXISTS" : "KEY_FILE_UNWRITABLE";
    throw fileError(code, path, {}, cause);
  }
}

/**
 * The text of a file that holds a secret: at most `bytesMax` bytes of UTF-8, touched by its owner
 * alone. The open file is examined and not its name, so it cannot be exchanged in between.
 */
export async function readSecretFile(path: string, bytesMax: number): Promise<string> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK opening a pipe that nobody writes to would wait for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const code = systemCode(cause) === "ENOENT" ? "KEY_FILE_MISSING" : "KEY_FILE_UNREADABLE";
    throw fileError(code, path, {}, cause);
  }
  try {
    return await readOwnedFile(file, path, bytesMax);
  } finally {
    await file.close();
  }
}

async function readOwnedFile(file: FileHandle, path: string, bytesMax: number): Promise<string> {
  const status = await file.stat();
  const { mode, size } = status;
  if (!status.isFile()) throw fileError("KEY_FILE_UNREADABLE", path, { expected: "a file" });
  // Windows has no such modes: there the folder's access list is all the protection.
  if (process.platform !== "win32" && (mode & groupAndOthers) !== 0) {
    const got = (mode & 0o777).toString(8).padStart(3, "0");
    throw fileError("KEY_FILE_EXPOSED", path, { expected: "600", got });
  }
  if (size > bytesMax)
    throw fileError("KEY_FILE_TOO_LARGE", path, { expected: bytesMax, got: size });
  const buffer = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(buffer, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const text = utf8Text(buffer.subarray(0, length));
  if (text === null) throw fileError("KEY_FILE_UNREADABLE", path, { expected: "UTF-8" });
  return text;
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", ownerOnlyMode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the new name itself durable. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function systemCode(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException | null)?.code;
}

function fileError(
  code: KeyFileErrorCode,
  path: string,
  fields: ErrorFields,
  cause?: unknown,
): KeyFileError {
  return new KeyFileError(code, { path, ...fields }, { cause });
}
