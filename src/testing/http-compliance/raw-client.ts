/**
 * An HTTP/1.1 client on a bare socket: it sends whatever bytes a test wants, and reads answers
 * strictly, so that a wrong length or a stray header is seen.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { assert } from "../../base/assert.ts";

/** An answer, with every header line as it came. */
export interface RawResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** False where the connection ended before the body did. */
  readonly isComplete: boolean;
}

const waitMs = 5_000;

/** Every value of a header, in order. */
export function headerValues(response: RawResponse, name: string): string[] {
  return response.headers.filter(([own]) => own === name).map(([, value]) => value);
}

/** Resolves after `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Polls until the condition holds; fails after five seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + waitMs;
  while (!condition()) {
    assert(performance.now() < end, `in vain: ${what}`);
    await pause(5);
  }
}

/** One connection. Every wait ends after five seconds, unless told otherwise. */
export class RawConnection {
  readonly socket: Socket;
  // Merged only when looked into: merging at every packet is quadratic in a long body.
  #parts: Buffer[] = [];
  #length = 0;
  #isEnded = false;
  #wake: (() => void) | null = null;

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.socket.on("data", (chunk) => {
      this.#parts.push(chunk);
      this.#length += chunk.length;
      this.#wake?.();
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.#isEnded = true;
      this.#wake?.();
    });
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Bytes that came and were not yet read as a response. */
  get pending(): Buffer {
    const merged = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [merged ?? Buffer.alloc(0)];
    return this.#parts[0] ?? Buffer.alloc(0);
  }

  /** Text is sent as latin1, so that every byte can be written. */
  send(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  /** The next final response; interim ones (1xx) are passed over. */
  async response(options: { readonly isHead?: boolean } = {}): Promise<RawResponse> {
    for (;;) {
      const response = await this.#oneResponse(options.isHead ?? false);
      if (response.status >= 200) return response;
    }
  }

  /** The next final response, or null where the peer ended the connection instead. */
  async responseOrEnd(): Promise<RawResponse | null> {
    await this.#waitFor(() => this.#length > 0 || this.#isEnded, "an answer or end", waitMs);
    return this.#length === 0 ? null : await this.response();
  }

  /** Resolves when the peer ended the connection. */
  async ended(withinMs: number = waitMs): Promise<void> {
    await this.#waitFor(() => this.#isEnded, "the connection's end", withinMs);
  }

  /** Resolves when so much text came that it contains `text`. */
  async receives(text: string): Promise<void> {
    await this.#waitFor(() => this.pending.includes(text), `the text ${text}`, waitMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #oneResponse(isHead: boolean): Promise<RawResponse> {
    await this.#waitFor(() => this.pending.includes("\r\n\r\n") || this.#isEnded, "a head", waitMs);
    const end = this.pending.indexOf("\r\n\r\n");
    assert(end >= 0, `no head, but ${JSON.stringify(this.pending.toString("latin1"))}`);
    const [statusLine = "", ...lines] = this.pending.toString("latin1", 0, end).split("\r\n");
    this.#skip(end + 4);
    const match = /^HTTP\/1\.1 ([1-5][0-9][0-9]) [ -~]*$/.exec(statusLine);
    assert(match !== null, `not a status line: ${statusLine}`);
    const status = Number(match[1]);
    const headers = lines.map((line): [string, string] => {
      const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~\t]*)$/.exec(line);
      assert(parts !== null, `not a header line: ${line}`);
      return [(parts[1] ?? "").toLowerCase(), parts[2] ?? ""];
    });
    const head = { status, headers, body: Buffer.alloc(0), isComplete: true };
    const isBodyless = isHead || status < 200 || status === 204 || status === 304;
    if (isBodyless) return head;
    const lengths = headerValues(head, "content-length");
    if (lengths.length === 0) {
      const isUntilEnd = headerValues(head, "transfer-encoding").length === 0;
      const body = isUntilEnd ? this.#untilEnd(head) : this.#chunkedBody(head);
      return { ...head, ...(await body) };
    }
    assert(lengths.length === 1, `content-length ${lengths.length} times`);
    return { ...head, ...(await this.#take(Number(lengths[0]))) };
  }

  async #untilEnd(head: RawResponse): Promise<Pick<RawResponse, "body" | "isComplete">> {
    const connection = headerValues(head, "connection").join();
    assert(connection === "close", `a body without length, connection ${connection}`);
    await this.ended();
    return this.#take(this.#length);
  }

  async #chunkedBody(head: RawResponse): Promise<Pick<RawResponse, "body" | "isComplete">> {
    const coding = headerValues(head, "transfer-encoding").join();
    assert(coding === "chunked", `a body without length, coding ${coding}`);
    const parts: Buffer[] = [];
    for (;;) {
      const hasLine = (): boolean => this.pending.includes("\r\n");
      await this.#waitFor(() => hasLine() || this.#isEnded, "a chunk", waitMs);
      if (!hasLine()) return { body: Buffer.concat(parts), isComplete: false };
      const end = this.pending.indexOf("\r\n");
      const line = this.pending.toString("latin1", 0, end);
      assert(/^[0-9a-fA-F]{1,8}$/.test(line), `not a chunk length: ${line}`);
      this.#skip(end + 2);
      const length = Number.parseInt(line, 16);
      const { body, isComplete } = await this.#take(length + 2);
      if (!isComplete) return { body: Buffer.concat([...parts, body]), isComplete: false };
      assert(body.toString("latin1", length) === "\r\n", "a chunk without its end");
      if (length === 0) return { body: Buffer.concat(parts), isComplete: true };
      parts.push(body.subarray(0, length));
    }
  }

  async #take(length: number): Promise<Pick<RawResponse, "body" | "isComplete">> {
    await this.#waitFor(() => this.#length >= length || this.#isEnded, "a body", waitMs);
    const body = this.pending.subarray(0, length);
    this.#skip(body.length);
    return { body, isComplete: body.length === length };
  }

  #skip(length: number): void {
    this.#parts = [this.pending.subarray(length)];
    this.#length -= length;
  }

  async #waitFor(condition: () => boolean, what: string, withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (!condition()) {
      const restMs = end - performance.now();
      assert(restMs > 0, `waited in vain for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#wake = (): void => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
