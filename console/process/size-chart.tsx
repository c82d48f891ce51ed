/**
 * The size of a process's state over its slots, as a picture and as a table for whom a picture is
 * nothing.
 *
 * @module
 */

import type { VNode } from "preact";
import type { HistoryPoint } from "../../src/protocol/http.ts";
import { useResource } from "../network/resource.ts";
import type { Unit } from "../network/units.ts";
import { bytesText, countText, dateText } from "../parts/format.ts";
import { Empty, Shown } from "../parts/notice.tsx";
import { useNarrow } from "../parts/row-height.ts";
import { chartOf } from "./chart.ts";
import { readSizes } from "./process-reads.ts";

const height = 170;
/** Drawn for the window, so that words keep their size. */
const widths = { narrow: 330, wide: 1160 };
/** Slots after which the picture is made again. */
const slotsPerLook = 16;

interface SizeChartProps {
  readonly compute: Unit;
  readonly process: string;
  /** The newest evaluated slot. */
  readonly newest: number;
}

export function SizeChart({ compute, process, newest }: SizeChartProps): VNode {
  const look = newest < slotsPerLook ? newest : newest - (newest % slotsPerLook);
  const key = `${compute.url} ${process} ${look}`;
  const use = useResource(key, (signal) => readSizes(compute, process, signal));
  return (
    <section aria-labelledby="sizes">
      <h2 id="sizes">Size of the state</h2>
      <Shown use={use} what="sizes">
        {(points) => <Sizes points={points} />}
      </Shown>
    </section>
  );
}

type KnownPoint = HistoryPoint & { readonly memoryBytes: number };

function Sizes({ points }: { readonly points: readonly HistoryPoint[] }): VNode {
  const width = useNarrow() ? widths.narrow : widths.wide;
  const box = { left: 66, top: 12, width: width - 76, height: height - 48 };
  const known = points.filter((point): point is KnownPoint => point.memoryBytes !== null);
  const last = known.at(-1);
  const [first] = known;
  if (first === undefined || last === undefined) {
    return (
      <Empty title="The unit noted no sizes of these slots.">
        <p>It evaluated them before it kept sizes. Those of new slots appear here.</p>
      </Empty>
    );
  }
  const chart = chartOf(
    known.map(({ slot, memoryBytes }) => ({ x: slot, y: memoryBytes })),
    box,
  );
  const right = box.left + box.width;
  const foot = box.top + box.height + 22;
  const summary = `From ${bytesText(first.memoryBytes)} after slot ${first.slot} to ${bytesText(last.memoryBytes)} after slot ${last.slot}.`;
  return (
    <>
      <div class="picture chart">
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary}>
          {chart.ticks.map(({ value, y }) => (
            <g key={value}>
              <path class="chart-across" d={`M${box.left} ${y}H${right}`} />
              <text class="chart-word" x={box.left - 8} y={y + 4} text-anchor="end">
                {bytesText(value)}
              </text>
            </g>
          ))}
          <path class="chart-area" d={chart.area} />
          <path class="chart-line" d={chart.line} />
          <text class="chart-word" x={box.left} y={foot}>
            slot {countText(first.slot)}
          </text>
          <text class="chart-word" x={right} y={foot} text-anchor="end">
            slot {countText(last.slot)}
          </text>
        </svg>
      </div>
      <SizeTable points={known} />
    </>
  );
}

function SizeTable({ points }: { readonly points: readonly KnownPoint[] }): VNode {
  return (
    <details>
      <summary>The same as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it */}
      <section class="table-scroll table-tall" tabIndex={0} aria-label="Sizes">
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                Slot
              </th>
              <th scope="col" class="number">
                Size after it
              </th>
              <th scope="col">Time</th>
            </tr>
          </thead>
          <tbody>
            {points.map(({ slot, memoryBytes, at }) => (
              <tr key={slot}>
                <td class="number">{countText(slot)}</td>
                <td class="number">{bytesText(memoryBytes)}</td>
                <td class="muted">{dateText(at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
