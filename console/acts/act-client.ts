/**
 * Calls by messages, the page's half: a function that returns a promise, over a worker that is started by
 * the first call.
 *
 * @module
 */

import type { ActAnswer, ActCalls, ActName, ActRequest } from "./act-calls.ts";

/** What a call failed with, as the worker said it. */
export class ActFailure extends Error {
  override readonly name = "ActFailure";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The part of a `Worker` that is used. */
export interface WorkerPort {
  postMessage(request: ActRequest): void;
  onmessage: ((event: { readonly data: ActAnswer }) => unknown) | null;
  onerror: ((event: { readonly message: string }) => unknown) | null;
}

export interface CallOptions<Heard> {
  readonly heard?: (value: Heard) => void;
  readonly signal?: AbortSignal;
}

export type CallActs = <Name extends ActName>(
  name: Name,
  input: ActCalls[Name]["input"],
  options?: CallOptions<ActCalls[Name]["heard"]>,
) => Promise<ActCalls[Name]["answer"]>;

interface Waiting {
  readonly heard: (value: unknown) => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** Calls over the worker that `start` gives. */
export function actClient(start: () => WorkerPort): CallActs {
  const waiting = new Map<number, Waiting>();
  let port: WorkerPort | null = null;
  let last = 0;
  const started = (): WorkerPort => {
    if (port !== null) return port;
    port = start();
    port.onmessage = ({ data }) => settle(waiting, data);
    port.onerror = ({ message }) => {
      for (const { reject } of waiting.values()) reject(new ActFailure("WORKER_FAILED", message));
      waiting.clear();
      port = null;
    };
    return port;
  };
  const call = (
    name: ActName,
    input: unknown,
    options: CallOptions<never> = {},
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const { signal } = options;
      const heard = (options.heard ?? (() => undefined)) as (value: unknown) => void;
      waiting.set(id, { heard, resolve, reject });
      signal?.addEventListener("abort", () => {
        if (!waiting.delete(id)) return;
        started().postMessage({ id, cancel: true });
        reject(signal.reason as Error);
      });
      started().postMessage({ id, name, input });
    });
  return call as CallActs;
}

function settle(waiting: Map<number, Waiting>, answer: ActAnswer): void {
  const one = waiting.get(answer.id);
  if (one === undefined) return;
  if (answer.kind === "heard") {
    one.heard(answer.value);
    return;
  }
  waiting.delete(answer.id);
  if (answer.kind === "answered") one.resolve(answer.value);
  else one.reject(new ActFailure(answer.code, answer.message));
}
