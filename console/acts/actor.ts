/**
 * The worker's side of the console's acts: one unlocked key at most, connections to the units, and a
 * function for each call (`act-calls.ts`). Nothing here knows that it runs in a worker.
 *
 * @module
 */

import { type Clock, systemClock } from "../../src/base/clock.ts";
import { CodedError } from "../../src/base/error.ts";
import { type RandomSource, systemRandom } from "../../src/base/random.ts";
import { collectReceipt } from "../../src/client/collect-receipt.ts";
import { type Connection, connect, type SendOptions } from "../../src/client/connect.ts";
import type { Fetch } from "../../src/client/unit-call.ts";
import { verifyReceipt } from "../../src/client/verify-receipt.ts";
import { createIdentity, type Identity, identityFromSeed } from "../../src/crypto/identity.ts";
import {
  decodeKeyText,
  encodeKeyText,
  isKeyTextEncrypted,
  type ScryptCost,
} from "../../src/crypto/key-encryption.ts";
import { idText } from "../../src/protocol/ids.ts";
import { receiptBytesMax } from "../../src/protocol/limits.ts";
import { receiptRecord } from "../../src/protocol/receipt.ts";
import type {
  ActCalls,
  ActName,
  Draft,
  Expectation,
  KeptKey,
  Units,
  Verified,
} from "./act-calls.ts";

/** What goes wrong here before a unit is asked. */
export class ActError extends CodedError<"KEY_LOCKED" | "RECEIPT_TOO_LARGE"> {
  override readonly name = "ActError";
}

export type Acts = {
  readonly [Name in ActName]: (
    input: ActCalls[Name]["input"],
    heard: (value: ActCalls[Name]["heard"]) => void,
    signal: AbortSignal,
  ) => Promise<ActCalls[Name]["answer"]>;
};

/** What acting takes from outside. */
export interface ActorOptions {
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly fetch?: Fetch;
  /** What encrypting a key costs; the default of key files. */
  readonly cost?: ScryptCost;
}

/** The acts of one page. The unlocked key is in here and nowhere else. */
export function createActs(options: ActorOptions = {}): Acts {
  const { clock = systemClock, random = systemRandom } = options;
  let unlocked: Identity | null = null;
  // Deriving a passphrase's key takes a second: whatever was asked for since then comes first.
  let turn = 0;
  const connected = connections(options.fetch);
  const signer = (): Identity => {
    if (unlocked === null) throw new ActError("KEY_LOCKED", { expected: "an unlocked key" });
    return unlocked;
  };
  const encrypted = (seed: Uint8Array, passphrase: string): Promise<string> => {
    const { cost } = options;
    return encodeKeyText(seed, { passphrase, random, ...(cost === undefined ? {} : { cost }) });
  };
  /** Unlocks the key that `open` gives, unless something else was asked for meanwhile. */
  const unlocking = async (
    open: () => Promise<{ readonly identity: Identity; readonly text: string }>,
  ): Promise<KeptKey> => {
    const own = ++turn;
    unlocked = null;
    const { identity, text } = await open();
    if (own === turn) unlocked = identity;
    return { address: idText(identity.address), text };
  };
  return {
    createKey: ({ passphrase }) =>
      unlocking(async () => {
        const { seed, ...identity } = createIdentity(random);
        return { identity, text: await encrypted(seed, passphrase) };
      }),
    importKey: ({ text, passphrase }) =>
      unlocking(async () => {
        const isEncrypted = isKeyTextEncrypted(text);
        const seed = await decodeKeyText(text, isEncrypted ? passphrase : null);
        const identity = identityFromSeed(seed);
        // A file that is encrypted is kept as it is: the same passphrase opens it.
        return { identity, text: isEncrypted ? text : await encrypted(seed, passphrase) };
      }),
    unlock: async ({ text, passphrase }) => {
      const open = async () => ({
        identity: identityFromSeed(await decodeKeyText(text, passphrase)),
        text,
      });
      return (await unlocking(open)).address;
    },
    lock: async () => {
      turn++;
      unlocked = null;
      return null;
    },
    prepare: async ({ units, process, draft }) =>
      (await connected(units)).prepare(process, { ...contentOf(draft), signer: signer() }),
    prepareSpawn: async ({ units, module, draft }) =>
      (await connected(units)).prepareSpawn(module, { ...contentOf(draft), signer: signer() }),
    submit: async ({ units, message }) => {
      const { id, process, slot } = await (await connected(units)).submit(message);
      return { id, process, slot };
    },
    follow: async ({ units, id }, heard, signal) => {
      for await (const event of (await connected(units)).subscribe(id, signal)) heard(event);
      return null;
    },
    dryRun: async ({ units, process, draft }) => {
      const owner = unlocked === null ? {} : { owner: idText(unlocked.address) };
      return (await connected(units)).dryrun(process, { ...contentOf(draft), ...owner });
    },
    verify: async ({ units, message, process, witnesses }, heard) => {
      const start = clock.monotonic();
      const connection = await connected(units);
      const receipt = receiptRecord.encode(
        await collectReceipt(connection, message, witnesses.length),
      );
      const collectMs = clock.monotonic() - start;
      const expected = { message, process, network: connection.network, witnesses };
      return { ...verdictOn(receipt, expected, { clock, heard }), collectMs };
    },
    verifyFile: async ({ receipt, expected }, heard) => {
      if (receipt.length > receiptBytesMax) {
        const fields = { expected: receiptBytesMax, got: receipt.length };
        throw new ActError("RECEIPT_TOO_LARGE", fields);
      }
      return { ...verdictOn(receipt, expected, { clock, heard }), collectMs: 0 };
    },
  };
}

function verdictOn(
  receipt: Uint8Array,
  expected: Expectation,
  { clock, heard }: { readonly clock: Clock; readonly heard: Parameters<Acts["verify"]>[1] },
): Omit<Verified, "collectMs"> {
  const start = clock.monotonic();
  const verdict = verifyReceipt(receipt, expected, clock, heard);
  return { verdict, receipt, verifyMs: clock.monotonic() - start };
}

/** What is left empty is not there. */
function contentOf({ action, tags, data }: Draft): Omit<SendOptions, "signer"> {
  return { ...(action === "" ? {} : { action }), tags, ...(data === "" ? {} : { data }) };
}

/** Connections that last; one that fails is made anew the next time. */
function connections(fetchUnit: Fetch | undefined): (units: Units) => Promise<Connection> {
  const open = new Map<string, Promise<Connection>>();
  return ({ messenger, schedulers, computes }) => {
    const key = JSON.stringify([messenger, schedulers, computes]);
    const known = open.get(key);
    if (known !== undefined) return known;
    const transport = fetchUnit === undefined ? {} : { fetch: fetchUnit };
    const made = connect({ messenger, scheduler: schedulers, compute: computes, ...transport });
    open.set(key, made);
    made.catch(() => open.delete(key));
    return made;
  };
}
