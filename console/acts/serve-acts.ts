/**
 * Calls by messages, the worker's half: each request is answered once, or fails once with a code.
 *
 * @module
 */

import { CodedError } from "../../src/base/error.ts";
import type { ActAnswer, ActName, ActRequest } from "./act-calls.ts";
import type { Acts } from "./actor.ts";

type Act = (
  input: unknown,
  heard: (value: unknown) => void,
  signal: AbortSignal,
) => Promise<unknown>;

/** Takes requests; what becomes of them goes to `post`. */
export function serveActs(
  acts: Acts,
  post: (answer: ActAnswer) => void,
): (request: ActRequest) => void {
  const running = new Map<number, AbortController>();
  const run = async (id: number, name: ActName, input: unknown): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const say = (answer: ActAnswer): void => {
      if (!controller.signal.aborted) post(answer);
    };
    try {
      // The page's half types each call by its name (`act-client.ts`); here they are all alike.
      const act = acts[name] as Act;
      const heard = (value: unknown): void => say({ id, kind: "heard", value });
      say({ id, kind: "answered", value: await act(input, heard, controller.signal) });
    } catch (error) {
      say({ id, kind: "failed", ...failureOf(error) });
    } finally {
      running.delete(id);
    }
  };
  return (request) => {
    if ("cancel" in request) running.get(request.id)?.abort();
    else void run(request.id, request.name, request.input);
  };
}

function failureOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  return { code: "UNEXPECTED", message: String(error) };
}
