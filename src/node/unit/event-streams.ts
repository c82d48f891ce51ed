/**
 * The event streams of a unit (spec/09-http.md §2.1): how many there may be at once, of one address and of
 * all, and the end of them when the unit stops. A stream holds a connection and a place among the
 * requests of the port, so there are far fewer of them than of those.
 *
 * @module
 */

import { ProtocolError } from "../../protocol/errors.ts";
import { eventStream, type ServerEvent } from "../http/event-stream.ts";
import { HttpError } from "../http/http-error.ts";
import type { RouteRequest } from "../http/router.ts";
import type { HttpRequest, HttpResponse } from "../http/server.ts";

/** Bounds of a unit's streams. */
export interface EventStreamLimits {
  readonly streamsMax: number;
  /** Of one address. */
  readonly streamsOfOneMax: number;
  /** A stream ends after this time; its reader comes back to where it was. */
  readonly streamMs: number;
  readonly keepAliveMs: number;
}

const limitDefaults: EventStreamLimits = {
  streamsMax: 512,
  streamsOfOneMax: 128,
  streamMs: 30 * 60 * 1000,
  keepAliveMs: 15_000,
};

/** Makes the events of a stream until the signal aborts. */
export type EventSource = (signal: AbortSignal) => AsyncIterable<ServerEvent>;

/** See the module's comment. */
export class EventStreams {
  readonly #limits: EventStreamLimits;
  readonly #stopping = new AbortController();
  readonly #byRemote = new Map<string, number>();
  #count = 0;

  constructor(limits: Partial<EventStreamLimits> = {}) {
    this.#limits = { ...limitDefaults, ...limits };
  }

  /** How many are open. */
  get count(): number {
    return this.#count;
  }

  /**
   * Answers a request with a stream. Throws `RATE_LIMITED` (429) where the address has as many as one
   * may have, `OVERLOADED` (503) where the unit has.
   */
  answer(request: HttpRequest, source: EventSource): HttpResponse {
    const refusal = this.#refusal(request.remote);
    if (refusal !== null) throw refusal;
    const { keepAliveMs } = this.#limits;
    const old = new AbortController();
    const signal = AbortSignal.any([request.signal, this.#stopping.signal, old.signal]);
    const events = this.#counted(request.remote, source(signal), old);
    return eventStream(events, { signal, keepAliveMs });
  }

  /** Ends all of them, and those that come: the unit stops. Their readers come back to a later run. */
  end(): void {
    this.#stopping.abort();
  }

  #refusal(remote: string): Error | null {
    const { streamsMax, streamsOfOneMax } = this.#limits;
    const ofOne = this.#byRemote.get(remote) ?? 0;
    if (ofOne >= streamsOfOneMax) {
      const fields = { expected: `${streamsOfOneMax} event streams`, got: ofOne + 1 };
      return new HttpError("RATE_LIMITED", fields, { "retry-after": "1" });
    }
    if (this.#count < streamsMax) return null;
    return new HttpError("OVERLOADED", { expected: "fewer event streams", got: this.#count });
  }

  async *#counted(
    remote: string,
    events: AsyncIterable<ServerEvent>,
    old: AbortController,
  ): AsyncGenerator<ServerEvent> {
    // Many may have been let in before the first of them began: those beyond the bound end here.
    if (this.#refusal(remote) !== null) return;
    // `AbortSignal.timeout` would do, but among others in `any` it may be collected before its time.
    const timer = setTimeout(() => old.abort(), this.#limits.streamMs);
    this.#count++;
    this.#byRemote.set(remote, (this.#byRemote.get(remote) ?? 0) + 1);
    try {
      yield* events;
    } finally {
      clearTimeout(timer);
      this.#count--;
      const left = (this.#byRemote.get(remote) ?? 1) - 1;
      if (left === 0) this.#byRemote.delete(remote);
      else this.#byRemote.set(remote, left);
    }
  }
}

/**
 * The number that a reader who comes back has seen last (`last-event-id`), or null for one that comes
 * first. Throws `REQUEST_INVALID`.
 */
export function lastEventId(request: RouteRequest): number | null {
  const text = request.http.headers.get("last-event-id");
  // A page that has had no event yet sends none, or an empty one.
  if (text === undefined || text === "") return null;
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (value < Number.MAX_SAFE_INTEGER) return value;
  throw new ProtocolError("REQUEST_INVALID", {
    parameter: "last-event-id",
    expected: "an id of this stream",
    got: text.slice(0, 64),
  });
}
