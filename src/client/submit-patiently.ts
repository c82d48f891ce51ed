/**
 * Submitting a message to a messenger that may be out of reach for a moment.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { Acceptance } from "../protocol/acceptance.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { waitMaxMs } from "../protocol/limits.ts";
import type { ComposedMessage } from "./compose.ts";
import type { MessengerClient, SubmitOptions } from "./messenger-client.ts";
import { UnitCallError } from "./unit-call.ts";

/**
 * Submits one envelope until it is answered: the same message, so that trying again is harmless.
 * Gives up at the time limit, or at an answer that is final.
 */
export async function submitPatiently(
  messenger: MessengerClient,
  envelope: ComposedMessage,
  options: Pick<SubmitOptions, "wait" | "finality" | "timeoutMs">,
): Promise<Acceptance> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const start = systemClock.monotonic();
  for (let delayMs = 100; ; delayMs = Math.min(2 * delayMs, 5000)) {
    const left = timeoutMs - (systemClock.monotonic() - start);
    try {
      const { wait = "assignment", finality = "signed" } = options;
      const asked = Math.max(1, Math.min(waitMaxMs, Math.floor(left)));
      return await messenger.submit(envelope, { wait, finality, timeoutMs: asked });
    } catch (error) {
      const transient = error instanceof UnitCallError && error.transient;
      const waitMs = error instanceof UnitCallError ? (error.retryAfterMs ?? delayMs) : delayMs;
      if (!transient) throw error;
      if (waitMs >= left) throw unanswered(error, envelope.id);
      await systemClock.sleep(waitMs);
    }
  }
}

/** No answer is no refusal: the message may have been taken, so the error says which one it is. */
function unanswered(error: UnitCallError, id: Digest): UnitCallError {
  const fields = { ...error.fields, message: idText(id) };
  return new UnitCallError(error.code, error, fields, { cause: error });
}
