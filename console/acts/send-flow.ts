/**
 * Sending a message: signed once, sent until it is answered, and followed until nothing more is to come.
 * Sending it again sends what was signed: the same body is the same message (spec/04-messages.md §1).
 *
 * @module
 */

import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { ComposedMessage } from "../../src/client/compose.ts";
import type { Units } from "./act-calls.ts";
import { ActFailure, type CallActs } from "./act-client.ts";
import type { SendNews } from "./send-state.ts";

export interface SendFlow {
  readonly call: CallActs;
  readonly units: Units;
  readonly tell: (news: SendNews) => void;
  readonly signal: AbortSignal;
  readonly clock?: Pick<Clock, "monotonic">;
}

/** Signs, sends and follows. Never rejects: what goes wrong is told. */
export async function signAndSend(
  flow: SendFlow,
  sign: () => Promise<ComposedMessage>,
): Promise<void> {
  const { tell, signal, clock = systemClock } = flow;
  await told(flow, async () => {
    tell({ kind: "signing" });
    const start = clock.monotonic();
    const message = await sign();
    if (signal.aborted) return;
    tell({ kind: "signed", message, ms: clock.monotonic() - start });
    await send(flow, message);
  });
}

/** Sends what was signed before. Never rejects. */
export async function sendAgain(flow: SendFlow, message: ComposedMessage): Promise<void> {
  await told(flow, () => send(flow, message));
}

async function send(flow: SendFlow, message: ComposedMessage): Promise<void> {
  const { call, units, tell, signal } = flow;
  tell({ kind: "sending" });
  const { id, process } = await call("submit", { units, message }, { signal });
  tell({ kind: "sent", id, process });
  const heard = (event: Extract<SendNews, { kind: "life" }>["event"]): void =>
    tell({ kind: "life", event });
  await call("follow", { units, id }, { heard, signal });
  tell({ kind: "over" });
}

/** What was cancelled is nobody's news any more. */
async function told({ tell, signal }: SendFlow, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (signal.aborted) return;
    const code = error instanceof ActFailure ? error.code : "UNEXPECTED";
    tell({ kind: "failed", code, message: error instanceof Error ? error.message : String(error) });
  }
}
