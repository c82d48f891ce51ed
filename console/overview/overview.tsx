/**
 * The first page: the units and how they are, the newest messages, and every process.
 *
 * @module
 */

import type { VNode } from "preact";
import { explain } from "../network/explain.ts";
import { allUnits } from "../network/reads.ts";
import { usePeriod, useResource } from "../network/resource.ts";
import { readHealth, type Unit } from "../network/units.ts";
import { CopyId } from "../parts/copy-id.tsx";
import type { ViewProps } from "../shell/view.ts";
import { Processes } from "./processes.tsx";
import { RecentMessages } from "./recent-messages.tsx";

const healthPeriodMs = 5_000;

export function Overview({ network }: ViewProps): VNode {
  return (
    <>
      <h1>Network</h1>
      <section aria-labelledby="units">
        <h2 id="units">Units</h2>
        <ul class="cards">
          {allUnits(network).map((unit) => (
            <UnitCard key={`${unit.role} ${unit.url}`} unit={unit} />
          ))}
        </ul>
      </section>
      <Processes network={network} />
      <RecentMessages network={network} />
    </>
  );
}

const roleWords: Readonly<Record<Unit["role"], string>> = {
  messenger: "Messenger",
  scheduler: "Scheduler",
  compute: "Compute unit",
  witness: "Witness",
};

function UnitCard({ unit }: { readonly unit: Unit }): VNode {
  const { resource, reload } = useResource(unit.url, (signal) => readHealth(unit, signal));
  usePeriod(healthPeriodMs, reload);
  const health = resource.state === "ready" ? resource.value : null;
  const address = health?.info.address ?? unit.address;
  const [tone, word] =
    resource.state === "loading"
      ? ["quiet", "asking"]
      : health === null
        ? ["bad", "no answer"]
        : health.isWell
          ? ["good", "well"]
          : ["wait", "unwell"];
  return (
    <li class="card">
      <div class="card-head">
        <h3>{roleWords[unit.role]}</h3>
        <span class={`badge tone-${tone}`}>{word}</span>
      </div>
      <dl class="facts">
        <dt>At</dt>
        <dd>{unit.url}</dd>
        <dt>Address</dt>
        <dd>{address === null ? "not known yet" : <CopyId id={address} of={unit.role} />}</dd>
        <dt>Version</dt>
        <dd>
          {health === null ? "–" : `${health.info.version}, rules ${health.info.rules.join(", ")}`}
        </dd>
      </dl>
      {resource.state === "failed" ? (
        <p class="card-note">{explain(resource.error).next}</p>
      ) : health !== null && health.checks.length > 0 ? (
        <p class="card-note">{health.checks.join(" · ")}</p>
      ) : null}
    </li>
  );
}
