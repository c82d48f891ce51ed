/**
 * The exchanges that run in one server: how many, how many body bytes they hold, who is let in,
 * and the end of them all (`HttpServer.close`).
 *
 * @module
 */

import type { Exchange } from "./exchange.ts";
import { HttpError } from "./http-error.ts";
import type { HttpHandler, HttpListenOptions } from "./server.ts";

/** See the module's comment. At most `requestsMax` exchanges are admitted. */
export class ExchangeTable {
  readonly options: HttpListenOptions;
  readonly handler: HttpHandler;
  /** Kept by the adapter, which alone sees connections. */
  connections = 0;
  readonly #running = new Set<Exchange>();
  #bodyBytesHeld = 0;
  #isClosing = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: HttpListenOptions, handler: HttpHandler) {
    this.options = options;
    this.handler = handler;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  get requests(): number {
    return this.#running.size;
  }

  /** Counts an exchange in; an error says that it is to be refused (it still counts until it ends). */
  enter(exchange: Exchange): HttpError | null {
    const { requestsMax, connectionsMax } = this.options;
    const running = this.#running.size;
    this.#running.add(exchange);
    if (this.connections > connectionsMax) {
      const fields = { expected: connectionsMax, got: this.connections, what: "connections" };
      return new HttpError("OVERLOADED", fields);
    }
    if (running < requestsMax) return null;
    return new HttpError("OVERLOADED", { expected: requestsMax, got: running, what: "requests" });
  }

  /** Counts body bytes in; an error says that there is no room for them. */
  hold(bytes: number): HttpError | null {
    const expected = this.options.bodyBytesHeldMax;
    const got = this.#bodyBytesHeld + bytes;
    if (got > expected) return new HttpError("OVERLOADED", { expected, got, what: "body bytes" });
    this.#bodyBytesHeld = got;
    return null;
  }

  /** Counts an exchange and its body bytes out. */
  leave(exchange: Exchange, bodyBytes: number): void {
    this.#running.delete(exchange);
    this.#bodyBytesHeld -= bodyBytes;
    if (this.#running.size === 0) this.#onEmpty?.();
  }

  report(
    sentAs: { readonly method: string; readonly path: string },
    status: number,
    code: string,
    error: unknown,
  ): void {
    this.options.onRefusal?.({ ...sentAs, status, code, error });
  }

  /** Waits until nothing runs, at most `graceMs`; then ends what still does. */
  async drain(graceMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#running.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#onEmpty = (): void => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const exchange of [...this.#running]) exchange.destroy("the server ends");
  }
}
