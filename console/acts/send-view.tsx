/**
 * Sending a message to a process, and trying it first.
 *
 * @module
 */

import type { VNode } from "preact";
import { useId, useState } from "preact/hooks";
import type { ResultView } from "../../src/client/connect.ts";
import { unitUrls } from "../network/units.ts";
import type { ViewProps } from "../shell/view.ts";
import type { Draft } from "./act-calls.ts";
import { DraftFields, withoutEmptyTags } from "./draft-fields.tsx";
import { Failure, Field } from "./form-parts.tsx";
import { KeyGate } from "./key-gate.tsx";
import { useActs, useTask } from "./page-acts.ts";
import { isUnderWay, SendingPanel, useSending } from "./sending.tsx";
import { messageTemplates } from "./templates.ts";

export function SendView({ network, query }: ViewProps): VNode {
  const { call } = useActs();
  const units = unitUrls(network);
  const sending = useSending(units);
  const [process, setProcess] = useState(query.get("process") ?? "");
  const [draft, setDraft] = useState<Draft>({ action: "", tags: [], data: "" });
  const [tried, setTried] = useState<ResultView | null>(null);
  const trying = useTask();
  const said = () => ({ units, process: process.trim(), draft: withoutEmptyTags(draft) });
  const submit = (event: Event): void => {
    event.preventDefault();
    setTried(null);
    sending.start(() => call("prepare", said()));
  };
  const dryRun = (): void => {
    setTried(null);
    trying.run(async () => setTried(await call("dryRun", said())));
  };
  return (
    <>
      <h1>Send a message</h1>
      <KeyGate>
        <form class="form" onSubmit={submit} aria-label="Send a message">
          <Field label="To the process" value={process} onInput={setProcess} isRequired />
          <TemplateChoice onChoose={setDraft} />
          <DraftFields draft={draft} onDraft={setDraft} hasAction />
          <div class="row">
            <button type="submit" class="primary" disabled={isUnderWay(sending.state)}>
              Send
            </button>
            <button type="button" disabled={trying.isBusy} onClick={dryRun}>
              Try it first
            </button>
          </div>
        </form>
      </KeyGate>
      {trying.error === null ? null : <Failure>{trying.error}</Failure>}
      {tried === null ? null : <Tried result={tried} />}
      <SendingPanel sending={sending} />
    </>
  );
}

/** Fills the form with a message that the console's own modules understand. */
function TemplateChoice({ onChoose }: { readonly onChoose: (draft: Draft) => void }): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Fill in</label>
      <select
        id={id}
        onChange={(event) => {
          const chosen = messageTemplates.find(({ name }) => name === event.currentTarget.value);
          if (chosen !== undefined) onChoose(chosen.draft);
        }}
      >
        <option value="">nothing</option>
        {messageTemplates.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** What a dry run came to: on the newest state, by one unit, signed by nobody. */
function Tried({ result }: { readonly result: ResultView }): VNode {
  const { exit, output, gasUsed, messages, spawns, diagnostic } = result;
  return (
    <section class="card" aria-label="Dry run" role="status">
      <h2>Dry run: {exit}</h2>
      <p class="note">
        On the newest state, by one compute unit. Nothing was sent, kept or signed.
      </p>
      <dl class="facts">
        <dt>Output</dt>
        <dd>{output ?? "none that is text"}</dd>
        <dt>Gas</dt>
        <dd>{gasUsed}</dd>
        <dt>It would send</dt>
        <dd>
          {messages.length} messages, {spawns.length} spawns
        </dd>
      </dl>
      {diagnostic === null ? null : <Failure>{`${diagnostic.reason}: ${diagnostic.text}`}</Failure>}
    </section>
  );
}
