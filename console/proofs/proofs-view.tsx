/**
 * The proofs of every compute unit: the one that is being made, those that wait, those that are done
 * with their times and sizes, and those that cannot be.
 *
 * @module
 */

import type { ComponentChildren, VNode } from "preact";
import type { ProofQueue } from "../../src/protocol/http.ts";
import { usePeriod, useResource } from "../network/resource.ts";
import type { Unit } from "../network/units.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { bytesText, countText, durationText, gasText, timeText } from "../parts/format.ts";
import { Empty, Shown } from "../parts/notice.tsx";
import { placeOfProcess, placeOfSlot } from "../shell/router.ts";
import type { ViewProps } from "../shell/view.ts";
import { medianOf, readProofs } from "./proof-reads.ts";

const periodMs = 2_000;

export function ProofsView({ network }: ViewProps): VNode {
  return (
    <>
      <h1>Proofs</h1>
      {network.computes.length === 0 ? (
        <Empty title="The messenger knows no compute unit.">
          <p>Add one with --compute, then reload this page.</p>
        </Empty>
      ) : (
        network.computes.map((unit) => <UnitProofs key={unit.url} unit={unit} />)
      )}
    </>
  );
}

function UnitProofs({ unit }: { readonly unit: Unit }): VNode {
  const use = useResource(unit.url, (signal) => readProofs(unit, signal));
  usePeriod(periodMs, use.reload);
  return (
    <section aria-label={`Proofs of ${unit.url}`}>
      <h2>{unit.url}</h2>
      <Shown use={use} what="the proofs">
        {(proofs) =>
          proofs.prover ? (
            <ProofLists proofs={proofs} />
          ) : (
            <Empty title="This unit makes no proofs.">
              <p>
                Start it with <code>--prover 1</code>; a development network takes the same option.
              </p>
            </Empty>
          )
        }
      </Shown>
    </section>
  );
}

function ProofLists({ proofs }: { readonly proofs: ProofQueue }): VNode {
  const { waiting, current, queue, proven, unprovable } = proofs;
  const seconds = medianOf(proven.map((each) => each.seconds));
  const bytes = medianOf(proven.map((each) => each.bytes));
  return (
    <>
      <ul class="figures">
        <Figure name="Waiting" value={countText(waiting)} />
        <Figure name="Time, median" value={seconds === null ? "–" : durationText(1000 * seconds)} />
        <Figure name="Size, median" value={bytes === null ? "–" : bytesText(bytes)} />
        <Figure name="Since" value={timeText(proofs.since)} />
      </ul>
      {current === null ? null : <Current current={current} />}
      <Table
        title="Queue"
        heads={["Process", "Slot", "Before it", "Left, about", "Note"]}
        rows={queue.map((each) => ({
          key: `${each.process} ${each.slot}`,
          cells: [
            ...placeCells(each),
            countText(each.position),
            each.secondsLeft === null ? "–" : durationText(1000 * each.secondsLeft),
            each.reason ?? "",
          ],
        }))}
        none="Nothing waits: every evaluated slot is proven, or cannot be."
      />
      <Table
        title="Proven"
        heads={["Process", "Slot", "Took", "Size", "Gas", "At"]}
        rows={proven.map((each) => ({
          key: `${each.process} ${each.slot}`,
          cells: [
            ...placeCells(each),
            durationText(1000 * each.seconds),
            bytesText(each.bytes),
            each.gasUsed === null ? "–" : gasText(each.gasUsed),
            timeText(each.at),
          ],
        }))}
        none="None since this unit started. Send a message: its slot is queued by itself."
      />
      {unprovable.length === 0 ? null : (
        <Table
          title="Not provable"
          heads={["Process", "Slot", "Why", "At"]}
          rows={unprovable.map((each) => ({
            key: `${each.process} ${each.slot}`,
            cells: [...placeCells(each), each.reason, timeText(each.at)],
          }))}
          none=""
        />
      )}
    </>
  );
}

function placeCells({ process, slot }: { process: string; slot: number }): ComponentChildren[] {
  return [
    <CopyId key="process" id={process} of="process" href={placeOfProcess(process)} />,
    <a key="slot" href={placeOfSlot(process, slot)}>
      {countText(slot)}
    </a>,
  ];
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): VNode {
  return (
    <li class="card figure">
      <span class="muted">{name}</span>
      <span class="figure-value">{value}</span>
    </li>
  );
}

function Current({ current }: { readonly current: NonNullable<ProofQueue["current"]> }): VNode {
  const { process, slot, startedAt, secondsLeft, segments, segmentsDone } = current;
  const left = secondsLeft === null ? "" : `, about ${durationText(1000 * secondsLeft)} left`;
  return (
    <div class="card">
      <h3>Being made</h3>
      <p>
        Slot <a href={placeOfSlot(process, slot)}>{countText(slot)}</a> of{" "}
        <CopyId id={process} of="process" href={placeOfProcess(process)} /> since{" "}
        {timeText(startedAt)}
        {left}
      </p>
      {segments === null ? null : (
        <progress max={segments} value={segmentsDone ?? 0} aria-label="Segments that are done">
          {segmentsDone ?? 0} of {segments}
        </progress>
      )}
    </div>
  );
}

interface TableProps {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ComponentChildren[] }[];
  /** What is said where there are no rows. */
  readonly none: string;
}

function Table({ title, heads, rows, none }: TableProps): VNode {
  return (
    <div class="titled">
      <h3>{title}</h3>
      {rows.length === 0 ? (
        <p class="note">{none}</p>
      ) : (
        <div class="table-scroll">
          <table>
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, cells }) => (
                <tr key={key}>
                  {cells.map((cell, i) => (
                    <td key={heads[i]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
