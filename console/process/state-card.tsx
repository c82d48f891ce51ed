/**
 * How a process stands at its compute unit.
 *
 * @module
 */

import type { VNode } from "preact";
import type { ProcessState } from "../../src/client/compute-client.ts";
import type { ResourceUse } from "../network/resource.ts";
import type { Unit } from "../network/units.ts";
import { Badge } from "../parts/badge.tsx";
import { CopyId } from "../parts/copy-id.tsx";
import { bytesText, countText } from "../parts/format.ts";
import { Shown } from "../parts/notice.tsx";

interface StateCardProps {
  readonly use: ResourceUse<{ readonly unit: Unit; readonly value: ProcessState }>;
}

export function StateCard({ use }: StateCardProps): VNode {
  return (
    <section class="card" aria-labelledby="state">
      <h2 id="state">State</h2>
      <Shown use={use} what="the state">
        {({ unit, value }) => <StateFacts unit={unit} state={value} />}
      </Shown>
    </section>
  );
}

function StateFacts({ unit, state }: { readonly unit: Unit; readonly state: ProcessState }): VNode {
  const { fault } = state;
  return (
    <>
      <dl class="facts">
        <dt>Status</dt>
        <dd>
          <Badge state={state.status} />
          {state.reason === null ? null : <span class="muted"> {state.reason}</span>}
        </dd>
        <dt>Module</dt>
        <dd>{state.evaluation}</dd>
        <dt>Evaluated</dt>
        <dd>{state.slot < 0 ? "nothing yet" : `up to slot ${countText(state.slot)}`}</dd>
        <dt>Memory</dt>
        <dd>{bytesText(state.memoryBytes)}</dd>
        <dt>State root</dt>
        <dd>
          <CopyId id={state.root} of="state root" />
        </dd>
        <dt>Compute unit</dt>
        <dd>{unit.url}</dd>
      </dl>
      {fault === null ? null : (
        <p class="error">
          The log is faulty at slot {fault.slot}: {fault.code}. {fault.detail}
        </p>
      )}
    </>
  );
}
