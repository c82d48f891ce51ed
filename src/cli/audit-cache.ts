/**
 * What earlier audits on this machine verified (`nymcompute audit`), one small file a process under
 * `~/.cache/nymcompute/audit`. It is believed only with the seal of a key that lies with the person's
 * keys and is for nothing else: a file from elsewhere, of another network or of another verifier, or with
 * one byte changed, is as none. Whoever can write to `~/.config/nymcompute` can make any claim of this
 * program anyway.
 *
 * File: JSON, `{body, seal}`; `body` is the JSON text of `Body`, `seal` its HMAC-SHA-256 in base64url.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fromBase64url, toBase64url } from "../base/bytes.ts";
import { systemRandom } from "../base/random.ts";
import type { AuditedSlot } from "../client/audit-log.ts";
import { type Digest, idText, parseId } from "../protocol/ids.ts";
import { rulesVersion } from "../protocol/limits.ts";
import { stepKey } from "../zkvm/statement.ts";
import { auditCacheFolder, configFolder } from "./places.ts";

/** Of this file, and of what an audit checks: another number makes every older file void. */
const auditVersion = 1;
const keyBytes = 32;

/** Entry hash, message id, and roots before and after with a 1 where the step failed. */
type Row = readonly [string, string] | readonly [string, string, string, string, 0 | 1];

interface Body {
  readonly version: readonly [audit: number, rules: number, key: string];
  readonly network: string;
  readonly process: string;
  readonly slots: readonly Row[];
}

/** Which audit is meant. */
export interface AuditSubject {
  readonly network: Digest;
  readonly process: Digest;
}

const version: Body["version"] = [auditVersion, rulesVersion, idText(stepKey)];

function cachePath({ network, process }: AuditSubject): string {
  return join(auditCacheFolder(idText(network)), `${idText(process)}.json`);
}

function keyPath(): string {
  return join(configFolder(), "audit.key");
}

/** What is known of a process; nothing where the file is missing, foreign or changed. */
export async function readAuditCache(
  subject: AuditSubject,
): Promise<{ readonly slots: readonly AuditedSlot[]; readonly isRefused: boolean }> {
  let text: string;
  try {
    text = await readFile(cachePath(subject), "utf8");
  } catch {
    return { slots: [], isRefused: false };
  }
  try {
    const { body, seal } = JSON.parse(text) as { readonly body: string; readonly seal: string };
    const expected = sealOf(await readKey(), body);
    const got = fromBase64url(seal);
    const isOurs = got !== null && got.length === expected.length && timingSafeEqual(got, expected);
    if (isOurs) return { slots: slotsOf(JSON.parse(body) as Body, subject), isRefused: false };
  } catch {
    // Any way in which it cannot be read is one in which it is not ours.
  }
  return { slots: [], isRefused: true };
}

/** Keeps what was verified. A cache that cannot be written is no failure. */
export async function writeAuditCache(
  subject: AuditSubject,
  slots: readonly AuditedSlot[],
): Promise<void> {
  const path = cachePath(subject);
  try {
    const body = JSON.stringify({
      version,
      network: idText(subject.network),
      process: idText(subject.process),
      slots: slots.map(rowOf),
    } satisfies Body);
    const seal = toBase64url(sealOf(await readOrMakeKey(), body));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}.new`;
    await writeFile(draft, JSON.stringify({ body, seal }), { mode: 0o600 });
    await rename(draft, path);
  } catch {
    return;
  }
}

function rowOf({ entryHash, messageId, step }: AuditedSlot): Row {
  const place = [idText(entryHash), idText(messageId)] as const;
  if (step === null) return place;
  return [...place, idText(step.preRoot), idText(step.postRoot), step.failed ? 1 : 0];
}

function slotsOf(body: Body, { network, process }: AuditSubject): readonly AuditedSlot[] {
  const isSame =
    JSON.stringify(body.version) === JSON.stringify(version) &&
    body.network === idText(network) &&
    body.process === idText(process);
  if (!isSame) return [];
  return body.slots.map(([entryHash, messageId, preRoot, postRoot, failed]) => ({
    entryHash: parseId(entryHash),
    messageId: parseId(messageId),
    step:
      preRoot === undefined || postRoot === undefined
        ? null
        : { preRoot: parseId(preRoot), postRoot: parseId(postRoot), failed: failed === 1 },
  }));
}

function sealOf(key: Uint8Array, body: string): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(body).digest());
}

async function readKey(): Promise<Uint8Array> {
  const key = new Uint8Array(await readFile(keyPath()));
  if (key.length !== keyBytes) throw new RangeError(`${keyPath()} is no key`);
  return key;
}

async function readOrMakeKey(): Promise<Uint8Array> {
  try {
    return await readKey();
  } catch {
    const key = systemRandom.bytes(keyBytes);
    await mkdir(configFolder(), { recursive: true, mode: 0o700 });
    await writeFile(keyPath(), key, { mode: 0o600 });
    return key;
  }
}
