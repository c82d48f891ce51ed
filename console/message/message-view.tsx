/**
 * A message: what it is, the steps of its life, the tree of messages that it caused as it grows, and
 * what was sent and came of it in full.
 *
 * @module
 */

import type { VNode } from "preact";
import type { MessageEvent as LifeEvent, MessageStatus } from "../../src/protocol/http.ts";
import { VerifyPanel } from "../acts/verify-panel.tsx";
import { useResource } from "../network/resource.ts";
import type { Network } from "../network/units.ts";
import { Badge, LiveBadge } from "../parts/badge.tsx";
import { CopyId } from "../parts/copy-id.tsx";
import { countText, dateText, durationText, gasText, timeText } from "../parts/format.ts";
import { Failed, Loading } from "../parts/notice.tsx";
import { readProcess, readState } from "../process/process-reads.ts";
import { SenderId, SlotPanel } from "../process/slot-panel.tsx";
import { placeOfMessage, placeOfProcess, placeOfSlot } from "../shell/router.ts";
import type { ViewProps } from "../shell/view.ts";
import { TreePicture } from "./tree-picture.tsx";
import type { Tree } from "./tree-source.ts";
import { useTree } from "./use-tree.ts";

export function MessageView({ network, parameters }: ViewProps): VNode {
  const id = parameters["message"] ?? "";
  const { tree, live, retry } = useTree(network.messenger, id);
  const message = tree.state === "ready" ? tree.value.messages.get(id) : undefined;
  return (
    <>
      <div class="page-head">
        <h1>{titleOf(message)}</h1>
        {message === undefined ? null : <Badge state={message.state} />}
        <CopyId id={id} of="message" whole />
      </div>
      {tree.state === "failed" ? <Failed error={tree.error} onRetry={retry} /> : null}
      {tree.state === "loading" ? <Loading what="the message" /> : null}
      {message === undefined ? null : (
        <>
          <div class="two">
            <MessageFacts message={message} />
            <Life events={message.events} />
          </div>
          {tree.state === "ready" ? <TreeSection tree={tree.value} live={live} /> : null}
          <VerifyPanel network={network} message={id} process={message.process} />
          {message.slot === null ? null : (
            <Slot network={network} process={message.process} slot={message.slot} />
          )}
        </>
      )}
    </>
  );
}

function titleOf(message: MessageStatus | undefined): string {
  if (message === undefined) return "Message";
  return message.spawn ? "Spawn" : `Message ${message.action ?? ""}`;
}

function MessageFacts({ message }: { readonly message: MessageStatus }): VNode {
  const { process, slot, from, cause, depth, budget } = message;
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">Message</h2>
      <dl class="facts">
        <dt>Process</dt>
        <dd>
          <CopyId id={process} of="process" href={placeOfProcess(process)} />
        </dd>
        <dt>Slot</dt>
        <dd>
          {slot === null ? "none yet" : <a href={placeOfSlot(process, slot)}>{countText(slot)}</a>}
        </dd>
        <dt>From</dt>
        <dd>
          <SenderId from={from} />
        </dd>
        <dt>Caused by</dt>
        <dd>
          {cause === null ? (
            "whoever signed it"
          ) : (
            <CopyId id={cause} of="cause" href={placeOfMessage(cause)} />
          )}
        </dd>
        <dt>Depth</dt>
        <dd>{countText(depth)}</dd>
        <dt>Budget</dt>
        <dd>{gasText(budget)} gas</dd>
      </dl>
    </section>
  );
}

const wordsOf: Readonly<Record<LifeEvent["kind"], string>> = {
  accepted: "The messenger has it",
  assigned: "It has its slot",
  evaluated: "Its result is attested",
  pushed: "All that it sent has arrived",
  proven: "Its result is proven",
  "awaiting-proof": "Its target waits for proofs",
  unclaimed: "No known scheduler serves its target",
  stopped: "It was not brought on",
  refused: "A scheduler refused it",
};

function Life({ events }: { readonly events: readonly LifeEvent[] }): VNode {
  const begin = events[0]?.at ?? 0;
  return (
    <section class="card" aria-labelledby="life">
      <h2 id="life">Life</h2>
      <ol class="life">
        {events.map((event) => (
          <li key={`${event.kind} ${event.at}`}>
            <Badge state={event.kind} />
            <span class="life-words">
              {wordsOf[event.kind] ?? event.kind}
              {detailOf(event)}
            </span>
            <span class="life-time muted" title={dateText(event.at)}>
              {timeText(event.at)}
              {event.at === begin ? "" : `, +${durationText(Math.max(0, event.at - begin))}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function detailOf({ slot, exit, gasUsed, reason, detail, kind }: LifeEvent): string {
  const parts = [
    kind === "assigned" && slot !== undefined ? `slot ${slot}` : "",
    exit ?? "",
    gasUsed === undefined ? "" : `${gasText(gasUsed)} gas`,
    reason ?? "",
    detail ?? "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `: ${parts.join(", ")}`;
}

function TreeSection(props: {
  readonly tree: Tree;
  readonly live: Parameters<typeof LiveBadge>[0]["state"];
}): VNode {
  const { tree, live } = props;
  const count = tree.messages.size;
  return (
    <section aria-labelledby="tree">
      <div class="section-head">
        <div class="title-row">
          <h2 id="tree">What it caused</h2>
          <LiveBadge state={tree.isSettled ? "off" : live} />
        </div>
        <span class="muted" role="status">
          {count === 1 ? "It caused no message" : `${countText(count)} messages`}
          {tree.isSettled ? "" : " so far"}
          {tree.left === 0 ? "" : `, ${countText(tree.left)} more are not shown`}
        </span>
      </div>
      <TreePicture tree={tree} />
    </section>
  );
}

/** The slot that the message took, with what came of it. */
function Slot(props: {
  readonly network: Network;
  readonly process: string;
  readonly slot: number;
}): VNode {
  const { network, process, slot } = props;
  const served = useResource(process, (signal) => readProcess(network, process, signal));
  const state = useResource(process, (signal) => readState(network, process, signal));
  const scheduler = served.resource.state === "ready" ? served.resource.value.scheduler : null;
  const compute = state.resource.state === "ready" ? state.resource.value.unit : null;
  const failure = [served.resource, state.resource].find(({ state: each }) => each === "failed");
  return (
    <section aria-labelledby="content">
      <h2 id="content">In full</h2>
      {failure?.state === "failed" ? <Failed error={failure.error} /> : null}
      <SlotPanel process={process} slot={slot} scheduler={scheduler} compute={compute} />
    </section>
  );
}
