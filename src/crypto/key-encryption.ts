/**
 * The text in which a master seed is kept (spec/03-identity.md §6): JSON with its members in one
 * order and one spelling, so that a text is read only if writing it again gives the same text.
 * The seed is encrypted under a passphrase (scrypt, RFC 7914, then XChaCha20-Poly1305) with all
 * other members authenticated, or is there in clear and the text says so. The cost of reading is
 * bounded before it is paid: a hostile text cannot ask for more memory or time than the limits here.
 *
 * @module
 */

import { scryptAsync } from "@noble/hashes/scrypt.js";
import { fromBase64url, toBase64url, utf8Bytes } from "../base/bytes.ts";
import type { RandomSource } from "../base/random.ts";
import type { AeadParameters } from "./aead.ts";
import { aeadKeyBytes, aeadNonceBytes, aeadTagBytes, decrypt, encrypt } from "./aead.ts";
import { CryptoError } from "./error.ts";
import { identityFromSeed } from "./identity.ts";
import { masterSeedBytes } from "./key-derivation.ts";

const format = "nymcompute/key/v1";
const cipher = "scrypt-xchacha20poly1305";
const saltBytes = 32;
/** A key text is about 400 characters; nothing longer is parsed. */
export const keyTextCharactersMax = 1024;

/** scrypt's cost: 2^logN · r · 128 bytes of memory, p times. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}
/** 128 MiB and about half a second here: what OWASP's password storage page asks of scrypt. */
export const scryptCostDefault: ScryptCost = { logN: 17, r: 8, p: 1 };
/** Below 2^14 a passphrase is guessed cheaply; 2^18 · 8 · 128 is 256 MiB, four times over. */
export const scryptCostLimits = { logNMin: 14, logNMax: 18, r: 8, pMax: 4 } as const;

interface Encryption {
  readonly cipher: typeof cipher;
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly nonce: string;
}

interface KeyText {
  readonly format: typeof format;
  readonly address: string;
  readonly encryption: Encryption | null;
  readonly seed: string;
}

/** Encryption under a passphrase. */
export interface KeyProtection {
  /** Not empty. Compared after Unicode normalisation NFKC, as keyboards differ. */
  readonly passphrase: string;
  readonly random: RandomSource;
  readonly cost?: ScryptCost;
}

/** The text that keeps `seed` (32 bytes). `protection: null` leaves it in clear, and the text says so. */
export async function encodeKeyText(
  seed: Uint8Array,
  protection: KeyProtection | null,
): Promise<string> {
  const address = toBase64url(identityFromSeed(seed).address);
  if (protection === null) {
    return writeText({ format, address, encryption: null, seed: toBase64url(seed) });
  }
  const cost = protection.cost ?? scryptCostDefault;
  checkCost(cost);
  const encryption: Encryption = {
    cipher,
    logN: cost.logN,
    r: cost.r,
    p: cost.p,
    salt: toBase64url(protection.random.bytes(saltBytes)),
    nonce: toBase64url(protection.random.bytes(aeadNonceBytes)),
  };
  const header = { format, address, encryption } as const;
  const parameters = await textParameters(header, encryption, protection.passphrase);
  return writeText({ ...header, seed: toBase64url(encrypt(parameters, seed)) });
}

/** True if the text's seed is encrypted. Throws as `decodeKeyText` does for what is no key text. */
export function isKeyTextEncrypted(text: string): boolean {
  return readText(text).encryption !== null;
}

/**
 * The seed (32 bytes) that a text keeps. Throws `KEY_TEXT_INVALID`, `KEY_PARAMETERS_REFUSED`,
 * `KEY_PASSPHRASE_MISSING`, `KEY_PASSPHRASE_WRONG` (wrong, or the text was changed) or
 * `KEY_ADDRESS_MISMATCH`.
 */
export async function decodeKeyText(text: string, passphrase: string | null): Promise<Uint8Array> {
  const key = readText(text);
  const stored = fromBase64url(key.seed);
  const lengthExpected = masterSeedBytes + (key.encryption === null ? 0 : aeadTagBytes);
  if (stored === null || stored.length !== lengthExpected) throw invalid("seed");
  const seed =
    key.encryption === null ? stored : await openSeed(key, key.encryption, stored, passphrase);
  const address = toBase64url(identityFromSeed(seed).address);
  if (address !== key.address) {
    throw new CryptoError("KEY_ADDRESS_MISMATCH", { expected: key.address, got: address });
  }
  return seed;
}

async function openSeed(
  key: KeyText,
  encryption: Encryption,
  stored: Uint8Array,
  passphrase: string | null,
): Promise<Uint8Array> {
  if (passphrase === null)
    throw new CryptoError("KEY_PASSPHRASE_MISSING", { address: key.address });
  const header = { format, address: key.address, encryption } as const;
  const seed = decrypt(await textParameters(header, encryption, passphrase), stored);
  if (seed === null) throw new CryptoError("KEY_PASSPHRASE_WRONG", { address: key.address });
  return seed;
}

async function textParameters(
  header: Omit<KeyText, "seed">,
  encryption: Encryption,
  passphrase: string,
): Promise<AeadParameters> {
  const { logN, r, p } = encryption;
  const normalised = utf8Bytes(passphrase.normalize("NFKC"));
  if (normalised.length === 0) throw new CryptoError("KEY_PASSPHRASE_EMPTY");
  const salt = fromBase64url(encryption.salt);
  const nonce = fromBase64url(encryption.nonce);
  if (salt === null || salt.length !== saltBytes) throw invalid("salt");
  if (nonce === null || nonce.length !== aeadNonceBytes) throw invalid("nonce");
  const key = await scryptAsync(normalised, salt, { N: 2 ** logN, r, p, dkLen: aeadKeyBytes });
  return { key, nonce, associatedData: utf8Bytes(writeText({ ...header, seed: "" })) };
}

function checkCost(cost: ScryptCost): void {
  const { logNMin, logNMax, r, pMax } = scryptCostLimits;
  const integers = [cost.logN, cost.r, cost.p].every(Number.isInteger);
  const bounded = cost.logN >= logNMin && cost.logN <= logNMax && cost.p >= 1 && cost.p <= pMax;
  if (!integers || !bounded || cost.r !== r) {
    const expected = `logN ${logNMin} to ${logNMax}, r ${r}, p 1 to ${pMax}`;
    const got = `logN ${cost.logN}, r ${cost.r}, p ${cost.p}`;
    throw new CryptoError("KEY_PARAMETERS_REFUSED", { expected, got });
  }
}

function writeText(key: KeyText): string {
  return `${JSON.stringify(key, null, 2)}\n`;
}

function invalid(member: string): CryptoError {
  return new CryptoError("KEY_TEXT_INVALID", { member });
}

/** Takes the members it knows and demands that writing them gives the text back, byte for byte. */
function readText(text: string): KeyText {
  if (text.length > keyTextCharactersMax) throw invalid("length");
  const parsed = membersOf(parse(text), "text");
  if (parsed["format"] !== format) throw invalid("format");
  const key: KeyText = {
    format,
    address: textMember(parsed, "address"),
    encryption: parsed["encryption"] === null ? null : readEncryption(parsed["encryption"]),
    seed: textMember(parsed, "seed"),
  };
  if (writeText(key) !== text) throw invalid("spelling");
  return key;
}

function readEncryption(value: unknown): Encryption {
  const members = membersOf(value, "encryption");
  if (members["cipher"] !== cipher) throw invalid("cipher");
  const cost = {
    logN: numberMember(members, "logN"),
    r: numberMember(members, "r"),
    p: numberMember(members, "p"),
  };
  checkCost(cost);
  const salt = textMember(members, "salt");
  return { cipher, ...cost, salt, nonce: textMember(members, "nonce") };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause is not kept: V8's message quotes the text, which may hold a seed in clear.
    throw invalid("text");
  }
}

function membersOf(value: unknown, member: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw invalid(member);
  return value as Readonly<Record<string, unknown>>;
}

function textMember(members: Readonly<Record<string, unknown>>, name: string): string {
  const value = members[name];
  if (typeof value !== "string") throw invalid(name);
  return value;
}

function numberMember(members: Readonly<Record<string, unknown>>, name: string): number {
  const value = members[name];
  if (typeof value !== "number") throw invalid(name);
  return value;
}
