/**
 * The request object that handlers get. What costs something and is rarely looked at is made on
 * first use: the query's map, and the abort controller (about a microsecond each).
 *
 * @module
 */

import type { RequestHead } from "./head.ts";
import type { HttpRequest } from "./server.ts";

/** A whole request; `abort` is for the exchange alone. */
export class IncomingRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remote: string;
  readonly body: Uint8Array;
  readonly #search: string;
  #query: URLSearchParams | null = null;
  #controller: AbortController | null = null;
  #abortReason: unknown = null;

  constructor(head: RequestHead, body: Uint8Array, remote: string) {
    this.method = head.method;
    this.path = head.path;
    this.headers = head.headers;
    this.#search = head.search;
    this.body = body;
    this.remote = remote;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#search);
    return this.#query;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#abortReason !== null) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }
}
