/**
 * One slot in full: the message that took it, and what became of it: output, messages, logs, gas,
 * roots, and how far its proof is.
 *
 * @module
 */

import type { ComponentChildren, VNode } from "preact";
import { UnitCallError } from "../../src/client/unit-call.ts";
import type { EvaluationView, MessageView } from "../../src/protocol/view.ts";
import { type ResourceUse, usePeriod, useResource } from "../network/resource.ts";
import type { Unit } from "../network/units.ts";
import { Badge } from "../parts/badge.tsx";
import { CopyId } from "../parts/copy-id.tsx";
import { dateText, gasText } from "../parts/format.ts";
import { Empty, Shown } from "../parts/notice.tsx";
import { Payload, TagList } from "../parts/payload.tsx";
import { placeOfMessage, placeOfProcess } from "../shell/router.ts";
import { readEntry, readResult } from "./process-reads.ts";

/** How often a result is asked for that is not final. */
const resultPeriodMs = 2_000;

export interface SlotPlace {
  readonly process: string;
  readonly slot: number;
  readonly scheduler: Unit | null;
  readonly compute: Unit | null;
}

/** What was sent, and beside it what came of it. */
export function SlotPanel(place: SlotPlace): VNode {
  const { process, slot, scheduler, compute } = place;
  return (
    <div class="two">
      {scheduler === null ? null : (
        <EntryCard process={process} slot={slot} scheduler={scheduler} />
      )}
      {compute === null ? null : <ResultCard process={process} slot={slot} compute={compute} />}
    </div>
  );
}

function EntryCard(props: {
  readonly process: string;
  readonly slot: number;
  readonly scheduler: Unit;
}): VNode {
  const { process, slot, scheduler } = props;
  const use = useResource(`${process} ${slot}`, (signal) =>
    readEntry(scheduler, process, slot, signal),
  );
  return (
    <div class="card">
      <h3>Sent</h3>
      <Shown use={use} what="the entry">
        {({ message, timestamp, entryHash }) => (
          <>
            <dl class="facts">
              <dt>Message</dt>
              <dd>
                <CopyId id={message.id} of="message" href={placeOfMessage(message.id)} />
              </dd>
              <dt>From</dt>
              <dd>
                <SenderId from={message.from} />
              </dd>
              <dt>At</dt>
              <dd>{dateText(timestamp)}</dd>
              <dt>Budget</dt>
              <dd>{gasText(message.budget)} gas</dd>
              <dt>Entry hash</dt>
              <dd>
                <CopyId id={entryHash} of="entry" />
              </dd>
            </dl>
            <TagList tags={message.tags} />
            <Payload label="Data" text={message.data} bytes={message.dataBytes} />
          </>
        )}
      </Shown>
    </div>
  );
}

/** A key, or the process that sent. */
export function SenderId({ from }: { readonly from: MessageView["from"] }): VNode {
  if (from.kind === "key") return <CopyId id={from.id} of="key" />;
  return <CopyId id={from.id} of="process" href={placeOfProcess(from.id)} />;
}

function ResultCard(props: {
  readonly process: string;
  readonly slot: number;
  readonly compute: Unit;
}): VNode {
  const { process, slot, compute } = props;
  const use = useResource(`${process} ${slot}`, (signal) =>
    readResult(compute, process, slot, signal),
  );
  const { resource } = use;
  const isFinal = resource.state === "ready" && isSettled(resource.value);
  usePeriod(resultPeriodMs, () => {
    if (!isFinal) use.reload();
  });
  return (
    <div class="card">
      <h3>Result</h3>
      {isPending(use) ? (
        <Empty title="Not evaluated yet.">
          <p>It appears here by itself as soon as the compute unit has come to this slot.</p>
        </Empty>
      ) : (
        <Shown use={use} what="the result">
          {(result) => <ResultFacts result={result} />}
        </Shown>
      )}
    </div>
  );
}

const isSettled = ({ attestation, proof }: EvaluationView): boolean =>
  attestation !== null && (proof.state === "proven" || proof.state === "unprovable");

function isPending({ resource }: ResourceUse<EvaluationView>): boolean {
  if (resource.state !== "failed") return false;
  return resource.error instanceof UnitCallError && resource.error.code === "RESULT_PENDING";
}

function ResultFacts({ result }: { readonly result: EvaluationView }): VNode {
  const { exit, gasUsed, finality, proof, diagnostic, messages, spawns, logs } = result;
  const sent = [...messages, ...spawns];
  return (
    <>
      <dl class="facts">
        <Fact name="Exit">
          <Badge state={exit} />
        </Fact>
        <Fact name="Gas">{gasText(gasUsed)}</Fact>
        <Fact name="Attested">
          {result.attestation === null ? (
            "not yet"
          ) : (
            <>
              by <CopyId id={result.attestation.unit} of="unit" />{" "}
              <span class="muted">finality {finality}</span>
            </>
          )}
        </Fact>
        <Fact name="Proof">
          <Badge state={proof.state} />
          {proof.reason === null ? null : <span class="muted"> {proof.reason}</span>}
        </Fact>
        <Fact name="State after">
          <CopyId id={result.postRoot} of="state root" />
        </Fact>
      </dl>
      {diagnostic === null ? null : (
        <p class="error">
          {diagnostic.reason}: {diagnostic.text}
          {diagnostic.file === null ? null : (
            <span class="mono">
              {" "}
              {diagnostic.file}:{diagnostic.line ?? "?"}
            </span>
          )}
        </p>
      )}
      <Payload label="Output" text={result.output} bytes={result.outputBytes} />
      {logs.length === 0 ? null : <Payload label="Logs" text={logs.join("\n")} bytes={null} />}
      {sent.length === 0 ? null : (
        <div>
          <h4>Messages sent</h4>
          <ul class="sent">
            {sent.map(({ id, target, tags }) => (
              <li key={id}>
                <span class="strong">
                  {target === null
                    ? "Spawn"
                    : (tags.find(({ name }) => name === "Action")?.value ?? "Message")}
                </span>{" "}
                <CopyId id={id} of="message" href={placeOfMessage(id)} />
                {target === null ? null : (
                  <>
                    {" to "}
                    <CopyId id={target} of="process" href={placeOfProcess(target)} />
                  </>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Fact(props: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}
