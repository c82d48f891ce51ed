/**
 * What the page asks of its worker, and what the worker answers. The worker alone holds an unlocked key,
 * signs, reads canonical bytes and verifies: signing takes milliseconds and a proof takes hundreds of
 * them, and the page stays quick meanwhile. Types alone cross from here into the page.
 *
 * @module
 */

import type { Check } from "../../src/client/check-lines.ts";
import type { ComposedMessage } from "../../src/client/compose.ts";
import type { ResultView } from "../../src/client/connect.ts";
import type { ReceiptVerdict } from "../../src/client/verify-receipt.ts";
import type { MessageEvent as LifeEvent } from "../../src/protocol/http.ts";
import type { Tag } from "../../src/protocol/message.ts";

/** Where the units of the network are. */
export interface Units {
  readonly messenger: string;
  readonly schedulers: readonly string[];
  readonly computes: readonly string[];
}

/** A key as it is kept: the text of a key file (spec/03-identity.md §6), always encrypted. */
export interface KeptKey {
  readonly address: string;
  readonly text: string;
}

/** What a sender says; where it goes is beside it. */
export interface Draft {
  readonly action: string;
  readonly tags: readonly Tag[];
  /** Sent as UTF-8; an empty text is no data. */
  readonly data: string;
}

/** A receipt with the verdict on it, and how long each half took. */
export interface Verified {
  readonly verdict: ReceiptVerdict;
  readonly receipt: Uint8Array;
  readonly collectMs: number;
  readonly verifyMs: number;
}

/** What a receipt is held against. */
export interface Expectation {
  readonly network: string;
  readonly message?: string;
  readonly process?: string;
  readonly witnesses: readonly string[];
}

/** Each call: what it takes, what it answers, and what is heard of it before it answers. */
export interface ActCalls {
  /** A new key, encrypted under the passphrase, and unlocked. */
  createKey: { input: { passphrase: string }; answer: KeptKey; heard: never };
  /** The key of a key file, unlocked; one that is in clear is encrypted under the passphrase. */
  importKey: { input: { text: string; passphrase: string }; answer: KeptKey; heard: never };
  /** Opens a kept key; it signs until `lock`, another `unlock`, or the end of the page. */
  unlock: { input: { text: string; passphrase: string }; answer: string; heard: never };
  lock: { input: null; answer: null; heard: never };
  /** Signs a message without sending it. */
  prepare: {
    input: { units: Units; process: string; draft: Draft };
    answer: ComposedMessage;
    heard: never;
  };
  /** Puts a module where it is not there yet, and signs its spawn. */
  prepareSpawn: {
    input: { units: Units; module: Uint8Array; draft: Draft };
    answer: ComposedMessage;
    heard: never;
  };
  /** Sends what was signed: again, the same message. */
  submit: {
    input: { units: Units; message: ComposedMessage };
    answer: { id: string; process: string; slot: number | null };
    heard: never;
  };
  /** The life of a message as it happens, until nothing more is to come. */
  follow: { input: { units: Units; id: string }; answer: null; heard: LifeEvent };
  /** Evaluates a message on the newest state; nothing is signed or kept. */
  dryRun: {
    input: { units: Units; process: string; draft: Draft };
    answer: ResultView;
    heard: never;
  };
  /** Collects a message's receipt from the units, and checks it. */
  verify: {
    input: { units: Units; message: string; process: string; witnesses: readonly string[] };
    answer: Verified;
    heard: Check;
  };
  /** Checks a receipt that somebody has. */
  verifyFile: {
    input: { receipt: Uint8Array; expected: Expectation };
    answer: Verified;
    heard: Check;
  };
}

export type ActName = keyof ActCalls;

/** From the page. A cancelled call answers nothing more. */
export type ActRequest =
  | { readonly id: number; readonly name: ActName; readonly input: unknown }
  | { readonly id: number; readonly cancel: true };

/** From the worker. */
export type ActAnswer =
  | { readonly id: number; readonly kind: "heard"; readonly value: unknown }
  | { readonly id: number; readonly kind: "answered"; readonly value: unknown }
  | {
      readonly id: number;
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
    };
