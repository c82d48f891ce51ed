/**
 * A process: what it is, how it stands, how large its state is, and its log as it grows. `?slot=N`
 * opens one slot of it.
 *
 * @module
 */

import type { VNode } from "preact";
import { usePeriod, useResource } from "../network/resource.ts";
import type { Network, Unit } from "../network/units.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { dateText } from "../parts/format.ts";
import { Shown } from "../parts/notice.tsx";
import { TagList } from "../parts/payload.tsx";
import { placeOfMessage, placeToSend } from "../shell/router.ts";
import type { ViewProps } from "../shell/view.ts";
import { LogSection } from "./log-section.tsx";
import { readProcess, readState, type ServedProcess } from "./process-reads.ts";
import { SizeChart } from "./size-chart.tsx";
import { SenderId } from "./slot-panel.tsx";
import { StateCard } from "./state-card.tsx";

const statePeriodMs = 2_000;

export function ProcessView({ network, parameters, query }: ViewProps): VNode {
  const process = parameters["process"] ?? "";
  const use = useResource(process, (signal) => readProcess(network, process, signal));
  const { resource } = use;
  const name = resource.state === "ready" ? resource.value.row.name : null;
  return (
    <>
      <div class="page-head">
        <h1>{name === null ? "Process" : `Process ${name}`}</h1>
        <CopyId id={process} of="process" whole />
        {resource.state === "ready" ? (
          <a class="button" href={placeToSend(process)}>
            Send it a message
          </a>
        ) : null}
      </div>
      <Shown use={use} what="the process">
        {(served) => <Served network={network} served={served} slot={slotOf(query.get("slot"))} />}
      </Shown>
    </>
  );
}

/** The slot that the place names, or null. */
function slotOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

interface ServedProps {
  readonly network: Network;
  readonly served: ServedProcess;
  readonly slot: number | null;
}

function Served({ network, served, slot }: ServedProps): VNode {
  const { row, spawn } = served;
  const use = useResource(row.id, (signal) => readState(network, row.id, signal));
  usePeriod(statePeriodMs, use.reload);
  const { resource } = use;
  const found = resource.state === "ready" ? resource.value : null;
  // The unit is looked for once: an answer that fails later must not end what is followed.
  const compute = found?.unit ?? null;
  return (
    <>
      <div class="two">
        <SpawnCard served={served} />
        <StateCard use={use} />
      </div>
      <LogOf
        served={served}
        compute={compute}
        isAsking={resource.state === "loading"}
        slot={slot}
      />
      {found === null ? null : (
        <SizeChart compute={found.unit} process={spawn.process} newest={found.value.slot} />
      )}
    </>
  );
}

function LogOf(props: {
  readonly served: ServedProcess;
  readonly compute: Unit | null;
  readonly isAsking: boolean;
  readonly slot: number | null;
}): VNode | null {
  const { served, compute, isAsking, slot } = props;
  // The log is followed with its results from the start, or without where nobody evaluates it.
  if (isAsking) return null;
  const { row, scheduler } = served;
  const key = compute?.url ?? "none";
  return (
    <LogSection
      key={key}
      process={row.id}
      scheduler={scheduler}
      compute={compute}
      next={row.next}
      slot={slot}
    />
  );
}

function SpawnCard({ served }: { readonly served: ServedProcess }): VNode {
  const { row, spawn, scheduler } = served;
  return (
    <section class="card" aria-labelledby="spawn">
      <h2 id="spawn">Spawn</h2>
      <dl class="facts">
        <dt>Module</dt>
        <dd>
          <CopyId id={row.module} of="module" />
        </dd>
        <dt>Spawned by</dt>
        <dd>
          <SenderId from={spawn.message.from} />
        </dd>
        <dt>At</dt>
        <dd>{dateText(row.spawnedAt)}</dd>
        <dt>Message</dt>
        <dd>
          <CopyId id={spawn.messageId} of="message" href={placeOfMessage(spawn.messageId)} />
        </dd>
        <dt>Scheduler</dt>
        <dd>{scheduler.url}</dd>
      </dl>
      <TagList tags={spawn.message.tags} />
    </section>
  );
}
