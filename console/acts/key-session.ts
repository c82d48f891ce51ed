/**
 * The keys of this page: those that the browser keeps, and the one that is unlocked now. The unlocked key
 * itself is in the worker; what stands here is its address.
 *
 * @module
 */

import type { KeptKey } from "./act-calls.ts";
import type { CallActs } from "./act-client.ts";
import { forgetKey, type KeyStorage, keepKey, keptKeys } from "./key-chest.ts";

export interface KeyState {
  readonly keys: readonly KeptKey[];
  /** The address of the key that signs, or null. */
  readonly unlocked: string | null;
}

export interface KeySessionOptions {
  readonly call: CallActs;
  /** Throws where the browser keeps nothing for this page. */
  readonly storage: () => KeyStorage;
}

/** See the module comment. */
export class KeySession {
  readonly #options: KeySessionOptions;
  readonly #listeners = new Set<(state: KeyState) => void>();
  #state: KeyState = { keys: [], unlocked: null };

  constructor(options: KeySessionOptions) {
    this.#options = options;
    this.reload();
  }

  get state(): KeyState {
    return this.#state;
  }

  /** Tells of every change, until the function that it answers is called. */
  listen(listener: (state: KeyState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Reads the kept keys again: another tab may have changed them. */
  reload(): void {
    this.#become({});
  }

  async create(passphrase: string): Promise<void> {
    await this.#keep(await this.#options.call("createKey", { passphrase }));
  }

  async import(text: string, passphrase: string): Promise<void> {
    await this.#keep(await this.#options.call("importKey", { text, passphrase }));
  }

  async unlock({ text }: KeptKey, passphrase: string): Promise<void> {
    this.#become({ unlocked: null });
    this.#become({ unlocked: await this.#options.call("unlock", { text, passphrase }) });
  }

  async lock(): Promise<void> {
    this.#become({ unlocked: null });
    await this.#options.call("lock", null);
  }

  /** Forgets a key for ever, and locks it first. */
  async forget(address: string): Promise<void> {
    if (this.#state.unlocked === address) await this.lock();
    forgetKey(this.#options.storage(), address);
    this.reload();
  }

  /** A key that cannot be kept is not used either: what it owned would be lost with the page. */
  async #keep(key: KeptKey): Promise<void> {
    try {
      keepKey(this.#options.storage(), key);
    } catch (error) {
      await this.lock();
      throw error;
    }
    this.#become({ unlocked: key.address });
  }

  #become(change: { readonly unlocked?: string | null }): void {
    this.#state = { ...this.#state, ...change, keys: this.#readKeys() };
    for (const listener of this.#listeners) listener(this.#state);
  }

  #readKeys(): readonly KeptKey[] {
    try {
      return keptKeys(this.#options.storage());
    } catch {
      // Keeping one will say why.
      return [];
    }
  }
}
