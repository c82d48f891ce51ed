/**
 * The keys that the browser keeps for this origin: encrypted key files (spec/03-identity.md §6) in its
 * local storage, one item a key, so that two tabs do not lose each other's. Whoever clears the site's data
 * loses them, which the page says.
 *
 * @module
 */

import type { KeptKey } from "./act-calls.ts";

/** The part of `Storage` that is used. */
export interface KeyStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

const prefix = "nymcompute/key/";

/** The kept keys in the order of their addresses. */
export function keptKeys(storage: KeyStorage): readonly KeptKey[] {
  const names: string[] = [];
  for (let i = 0; i < storage.length; i++) names.push(storage.key(i) ?? "");
  return names
    .filter((name) => name.startsWith(prefix))
    .sort()
    .flatMap((name) => {
      const text = storage.getItem(name);
      return text === null ? [] : [{ address: name.slice(prefix.length), text }];
    });
}

/** Keeps a key. One of the same address is replaced: it holds the same seed, under the newer passphrase. */
export function keepKey(storage: KeyStorage, { address, text }: KeptKey): void {
  storage.setItem(prefix + address, text);
}

/** Forgets a key for ever. */
export function forgetKey(storage: KeyStorage, address: string): void {
  storage.removeItem(prefix + address);
}
