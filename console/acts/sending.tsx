/**
 * A message on its way: each step as it is heard of, and the same message again where no answer came.
 *
 * @module
 */

import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComposedMessage } from "../../src/client/compose.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { placeOfMessage, placeOfProcess } from "../shell/router.ts";
import type { Units } from "./act-calls.ts";
import { Failure } from "./form-parts.tsx";
import { useActs } from "./page-acts.ts";
import { type SendFlow, sendAgain, signAndSend } from "./send-flow.ts";
import { type SendState, sendIdle, sendStateAfter, stepsOf } from "./send-state.ts";

export interface Sending {
  readonly state: SendState;
  readonly start: (sign: () => Promise<ComposedMessage>) => void;
  readonly again: () => void;
}

/** The sending of one message at a time; it is left alone once the view is gone. */
export function useSending(units: Units): Sending {
  const { call } = useActs();
  const [state, setState] = useState<SendState>(sendIdle);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const flow = (): SendFlow => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    return {
      ...{ call, units, signal },
      tell: (news) => {
        if (!signal.aborted) setState((before) => sendStateAfter(before, news));
      },
    };
  };
  return {
    state,
    start: (sign) => void signAndSend(flow(), sign),
    again: () => {
      if (state.message !== null) void sendAgain(flow(), state.message);
    },
  };
}

/** A form may be sent while nothing of it is under way; its life is followed on, whatever follows. */
export const isUnderWay = ({ phase }: SendState): boolean =>
  phase === "signing" || phase === "sending";

export function SendingPanel({ sending }: { readonly sending: Sending }): VNode | null {
  const { state, again } = sending;
  const { phase, id, process, failure } = state;
  if (phase === "idle") return null;
  return (
    <section class="card" aria-label="On its way">
      <h2>On its way</h2>
      <div role="status" aria-live="polite">
        <ol class="steps">
          {stepsOf(state).map(({ name, state: stand, word }) => (
            <li key={name} data-state={stand.replaceAll(" ", "-")}>
              <span class="step-name">{name}</span> <span class="step-state">{stand}</span>{" "}
              <span class="step-word">{word}</span>
            </li>
          ))}
        </ol>
      </div>
      {id === null ? null : (
        <p>
          Message <CopyId id={id} href={placeOfMessage(id)} of="message" whole />
        </p>
      )}
      {process === null ? null : (
        <p>
          Process <CopyId id={process} href={placeOfProcess(process)} of="process" whole />
        </p>
      )}
      {failure === null ? null : <Failure>{failure.message}</Failure>}
      {phase === "failed" && state.message !== null ? (
        <div class="row">
          <button type="button" onClick={again}>
            Send the same message again
          </button>
        </div>
      ) : null}
    </section>
  );
}
