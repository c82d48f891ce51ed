/**
 * The simulated network: requests between units that are delayed, lost, repeated and so overtake each
 * other; their answers likewise. What goes over it is the bytes of HTTP bodies.
 *
 * @module
 */

import { utf8Bytes } from "../../src/base/bytes.ts";
import type { Fetch } from "../../src/client/unit-call.ts";
import type { Router } from "../../src/node/http/router.ts";
import type { HttpResponse } from "../../src/node/http/server.ts";
import type { History } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** How the network treats a request; probabilities. */
export interface NetworkWeather {
  readonly slow: number;
  readonly loseRequest: number;
  readonly loseAnswer: number;
  readonly repeat: number;
}

export const fairWeather: NetworkWeather = { slow: 0, loseRequest: 0, loseAnswer: 0, repeat: 0 };

/** A run of a unit and what answers in it. */
export interface Served {
  readonly machine: Machine;
  readonly router: Router;
}

interface Exchange {
  readonly server: Machine;
  readonly break: () => void;
}

/** A request on its way. */
interface Request {
  readonly origin: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly init: RequestInit;
}

/** See the module comment. */
export class SimulatedNetwork {
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #history: History;
  readonly #served = new Map<string, readonly Served[]>();
  readonly #exchanges = new Set<Exchange>();
  weather: NetworkWeather = fairWeather;

  constructor(options: {
    readonly time: SimulatedTime;
    readonly random: SeededRandom;
    readonly history: History;
  }) {
    this.#time = options.time;
    this.#random = options.random;
    this.#history = options.history;
  }

  /** Puts a run of a unit at a URL, in place of an earlier one. */
  serve(url: string, machine: Machine, router: Router): void {
    this.#served.set(url, [{ machine, router }]);
  }

  /** Puts several runs at one URL: each request reaches one of them. */
  serveAny(url: string, served: readonly Served[]): void {
    this.#served.set(url, served);
  }

  /** Breaks every connection to a machine that is gone. */
  broken(server: Machine): void {
    for (const exchange of [...this.#exchanges]) if (exchange.server === server) exchange.break();
  }

  /** The `fetch` of a machine; null is a client outside, which never crashes. */
  fetchOf(from: Machine | null): Fetch {
    return (url, init) => {
      const { origin, pathname: path, searchParams: query } = new URL(url);
      const request = { origin, path, query, init };
      const send = (): Promise<Response> => this.#send(request);
      if (from === null) return send();
      const parts = path.split("/").filter((part) => part.length !== 43 && !/^\d+$/.test(part));
      return from.call(`${init.method ?? "GET"} ${parts.join("/")}`, send);
    };
  }

  #delay(): number {
    const { slow } = this.weather;
    if (this.#random.chance(slow)) return this.#random.between(20, 3_000);
    return this.#random.between(0.2, 2);
  }

  #send(request: Request): Promise<Response> {
    const { weather } = this;
    const random = this.#random;
    const signal = request.init.signal ?? new AbortController().signal;
    const gone = new AbortController();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason as Error);
        this.#time.after(1, () => gone.abort());
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener("abort", onAbort, { once: true });
      const fail = (why: string): void => {
        signal.removeEventListener("abort", onAbort);
        gone.abort();
        reject(new TypeError(`fetch failed: ${why}`));
      };
      if (random.chance(weather.loseRequest)) {
        this.#history.reach("request lost");
        this.#time.after(random.between(1, 2_000), () => fail("request lost"));
        return;
      }
      const isAnswerLost = random.chance(weather.loseAnswer);
      const answer = (response: HttpResponse | null): void => {
        if (response !== null && !isAnswerLost) {
          this.#time.after(this.#delay(), () => {
            signal.removeEventListener("abort", onAbort);
            resolve(responseOf(response, request.init.method === "HEAD"));
          });
          return;
        }
        if (response !== null) this.#history.reach("answer lost");
        this.#time.after(random.between(0.2, 500), () => fail("connection broken"));
      };
      this.#time.after(this.#delay(), () => this.#arrive(request, gone.signal, answer));
      if (!random.chance(weather.repeat)) return;
      const alone = new AbortController().signal;
      this.#history.reach("request repeated");
      this.#time.after(2 * this.#delay(), () => this.#arrive(request, alone, () => undefined));
    });
  }

  /** The request reaches whatever is at its URL now; null is a broken connection. */
  #arrive(
    { origin, path, query, init }: Request,
    signal: AbortSignal,
    answer: (response: HttpResponse | null) => void,
  ): void {
    const candidates = this.#served.get(origin) ?? [];
    const served = candidates.length > 1 ? this.#random.pick(candidates) : candidates[0];
    if (served === undefined || !served.machine.isAlive || signal.aborted) {
      answer(null);
      return;
    }
    const { machine, router } = served;
    let isOpen = true;
    const close = (response: HttpResponse | null): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#exchanges.delete(exchange);
      answer(response);
    };
    const exchange: Exchange = { server: machine, break: () => close(null) };
    this.#exchanges.add(exchange);
    const headers = new Map(Object.entries((init.headers ?? {}) as Record<string, string>));
    const body = init.body instanceof Uint8Array ? Uint8Array.from(init.body) : noBytes;
    const method = init.method ?? "GET";
    machine.run(() => {
      const request = { method, path, query, headers, body, signal, remote: "10.0.0.1" };
      void Promise.resolve(router.handler(request)).then((response) =>
        machine.run(() => {
          this.#observe(machine, `${method} ${path}`, response);
          close(response);
        }),
      );
    });
  }

  #observe(machine: Machine, what: string, { status, body }: HttpResponse): void {
    this.#history.note(`${machine.name} answers ${what} ${status}`);
    if (body instanceof Uint8Array) this.#history.observe(machine.name, { status, body });
  }
}

const noBytes = new Uint8Array(0);

/** As much of a response as unit calls read, without the machinery of streams. */
function responseOf({ status, headers = {}, body }: HttpResponse, isHead: boolean): Response {
  const bytes = typeof body === "string" ? utf8Bytes(body) : (body ?? null);
  const named = new Map(Object.entries(headers));
  const response = {
    status,
    headers: { get: (name: string) => named.get(name) ?? null },
    body: isHead || !(bytes instanceof Uint8Array) ? null : once(bytes.slice()),
  };
  return response as unknown as Response;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
