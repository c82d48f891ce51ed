/**
 * One request and its answer, from head to last byte: the part of the HTTP port (`server.ts`) that
 * is the same for every adapter. The adapter reads and writes; this decides.
 *
 * An exchange goes `reading → handling → answering → done`, or straight to `answering` where the
 * request is refused. After `done` nothing touches the wire: uWS ends the process for that.
 *
 * @module
 */

import { BodyBuffer } from "./body.ts";
import type { ExchangeTable } from "./exchange-table.ts";
import { isBodyless, type RawHead, type RequestHead, readHead, readyResponse } from "./head.ts";
import { HttpError, httpProblem, internalProblem } from "./http-error.ts";
import { IncomingRequest } from "./incoming-request.ts";
import type { HttpResponse } from "./server.ts";

/**
 * What becomes of the connection after an answer: `kept` for more requests; `closing` because the
 * server ends; `severed` because what follows on it cannot be trusted or is unwanted. `drained`
 * is `severed` once the unread body was thrown away for a moment, so that a client that is still
 * sending gets to read the answer instead of a reset.
 */
export type ConnectionFate = "kept" | "closing" | "severed" | "drained";

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly fate: ConnectionFate;
}

/** What an adapter offers to an exchange. It calls `sent` when an answer left the process. */
export interface Wire {
  /** The whole answer. `body` is null where it has none; then `length` is what to announce. */
  whole(head: AnswerHead, body: Uint8Array | null, length: number | null): void;
  /** Begins an answer in chunks. */
  start(head: AnswerHead): void;
  /** One chunk, never empty. False: wait for `drained` before the next. */
  write(chunk: Uint8Array): boolean;
  /** Resolves when the reader took what was written, or the connection ended. */
  drained(): Promise<void>;
  /** Ends an answer in chunks. */
  finish(): void;
  /** Ends the connection at once. `sent` is not called. */
  destroy(): void;
}

const chunkBytesMax = 64 * 1024;

/** See the module's comment. */
export class Exchange {
  readonly #table: ExchangeTable;
  readonly #wire: Wire;
  readonly #remote: string;
  #phase: "reading" | "handling" | "answering" | "done" = "reading";
  #head: RequestHead | null = null;
  #sentAs: { readonly method: string; readonly path: string } = { method: "", path: "" };
  #request: IncomingRequest | null = null;
  #body: BodyBuffer | null = null;
  #bodyBytesMax = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(table: ExchangeTable, wire: Wire, remote: string) {
    this.#table = table;
    this.#wire = wire;
    this.#remote = remote;
  }

  /** True while body bytes are still wanted. */
  get isReading(): boolean {
    return this.#phase === "reading";
  }

  /** Takes the head. Where this refuses the request, the answer is already under way. */
  begin(raw: RawHead): void {
    this.#sentAs = { method: raw.method, path: raw.path };
    const overload = this.#table.enter(this);
    const head = readHead(raw);
    if (head instanceof HttpError) {
      this.#refuse(head, "severed");
    } else if (overload !== null) {
      this.#refuse(overload, head.contentLength === 0 ? "severed" : "drained");
    } else if (this.#findLimit(head)) {
      this.#admit(head);
    }
  }

  /** Takes body bytes, copying them; `isLast` ends the body. Ignored when not reading. */
  receive(chunk: Uint8Array, isLast: boolean): void {
    if (this.#phase !== "reading" || this.#head === null || this.#body === null) return;
    const length = this.#body.length + chunk.length;
    const refusal =
      length > this.#bodyBytesMax ? this.#tooLarge(length) : this.#table.hold(chunk.length);
    if (refusal !== null) {
      this.#refuse(refusal, "drained");
      return;
    }
    this.#body.append(chunk);
    if (isLast) this.#handle(this.#head, this.#body.take());
  }

  /** The answer left the process. */
  sent(): void {
    this.#end();
  }

  /** The connection is gone, or goes now. */
  aborted(reason: string): void {
    this.#request?.abort(new DOMException(reason, "AbortError"));
    this.#end();
  }

  /** Aborts whatever the exchange does and ends its connection. */
  destroy(reason: string): void {
    if (this.#phase === "done") return;
    this.aborted(reason);
    this.#wire.destroy();
  }

  /** False where the limit cannot be told; then the request is answered. */
  #findLimit(head: RequestHead): boolean {
    try {
      this.#bodyBytesMax = this.#table.options.bodyBytesMax(head.method, head.path);
      return true;
    } catch (error) {
      this.#table.report(this.#sentAs, 500, "INTERNAL", error);
      this.#send(internalProblem(), "severed");
      return false;
    }
  }

  #admit(head: RequestHead): void {
    const { contentLength } = head;
    if (contentLength === 0) {
      this.#handle(head, new Uint8Array(0));
    } else if (contentLength !== null && contentLength > this.#bodyBytesMax) {
      this.#refuse(this.#tooLarge(contentLength), "drained");
    } else {
      this.#head = head;
      this.#body = new BodyBuffer(contentLength);
      this.#timer = setTimeout(() => this.#bodyLate(), this.#table.options.bodyTimeoutMs);
    }
  }

  #tooLarge(got: number): HttpError {
    return new HttpError("BODY_TOO_LARGE", { expected: this.#bodyBytesMax, got });
  }

  #bodyLate(): void {
    const expected = `a body within ${this.#table.options.bodyTimeoutMs} ms`;
    const error = new HttpError("REQUEST_TIMEOUT", { expected, got: this.#body?.length ?? 0 });
    this.#refuse(error, "severed");
  }

  #handle(head: RequestHead, body: Uint8Array): void {
    this.#phase = "handling";
    this.#stopTimer();
    const request = new IncomingRequest(head, body, this.#remote);
    this.#request = request;
    this.#timer = setTimeout(() => this.#handlerLate(), this.#table.options.handlerTimeoutMs);
    try {
      const response = this.#table.handler(request);
      if (response instanceof Promise) {
        response.then(
          (value) => this.#answer(value),
          (error: unknown) => this.#fail(error),
        );
      } else {
        this.#answer(response);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #handlerLate(): void {
    if (this.#phase !== "handling") return;
    const expected = `an answer within ${this.#table.options.handlerTimeoutMs} ms`;
    const error = new HttpError("HANDLER_TIMEOUT", { expected, got: "none" });
    this.#request?.abort(error);
    this.#table.report(this.#sentAs, error.status, error.code, null);
    this.#send(httpProblem(error), "kept");
  }

  #answer(response: HttpResponse): void {
    if (this.#phase !== "handling") {
      // Too late: the request was answered 503, or its connection is gone.
      discard(response);
      return;
    }
    try {
      this.#send(response, "kept");
    } catch (error) {
      discard(response);
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#phase !== "handling") return;
    if (error instanceof HttpError) {
      this.#refuse(error, "kept");
      return;
    }
    this.#table.report(this.#sentAs, 500, "INTERNAL", error);
    this.#send(internalProblem(), "kept");
  }

  #refuse(error: HttpError, fate: ConnectionFate): void {
    this.#table.report(this.#sentAs, error.status, error.code, null);
    this.#send(httpProblem(error), fate);
  }

  #send(response: HttpResponse, fate: ConnectionFate): void {
    const ready = readyResponse(response);
    this.#phase = "answering";
    this.#stopTimer();
    const head: AnswerHead = {
      status: ready.status,
      headers: ready.headers,
      fate: fate === "kept" && this.#table.isClosing ? "closing" : fate,
    };
    const isHeadOnly = isBodyless(this.#sentAs.method, ready.status);
    if (ready.body instanceof Uint8Array) {
      const length = this.#sentAs.method === "HEAD" ? ready.body.length : null;
      this.#wire.whole(head, isHeadOnly ? null : ready.body, length);
    } else if (isHeadOnly) {
      discard(response);
      this.#wire.whole(head, null, null);
    } else {
      void this.#stream(head, ready.body);
    }
  }

  /** Never rejects: a body that fails half-way ends the connection, so that nobody takes it as whole. */
  async #stream(head: AnswerHead, body: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      this.#wire.start(head);
      for await (const chunk of body) {
        for (let offset = 0; offset < chunk.length; offset += chunkBytesMax) {
          if (this.#isDone()) return;
          const isTaken = this.#wire.write(chunk.subarray(offset, offset + chunkBytesMax));
          if (!isTaken) await this.#drained();
        }
        if (this.#isDone()) return;
      }
      if (!this.#isDone()) this.#wire.finish();
    } catch (error) {
      this.#table.report(this.#sentAs, 500, "INTERNAL", error);
      this.destroy("the response body failed");
    }
  }

  async #drained(): Promise<void> {
    const { stallTimeoutMs } = this.#table.options;
    this.#timer = setTimeout(() => this.destroy("the reader stalled"), stallTimeoutMs);
    await this.#wire.drained();
    this.#stopTimer();
  }

  // A method, because TypeScript narrows `#phase` across awaits and callbacks that change it.
  #isDone(): boolean {
    return this.#phase === "done";
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #end(): void {
    if (this.#phase === "done") return;
    this.#phase = "done";
    this.#stopTimer();
    this.#table.leave(this, this.#body?.length ?? 0);
    this.#body = null;
  }
}

/** Lets go of a body that nobody reads, so that its generator's `finally` runs. */
function discard(response: HttpResponse): void {
  const { body } = response;
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return;
  const iterator = body[Symbol.asyncIterator]();
  iterator.return?.()?.catch(() => undefined);
}
