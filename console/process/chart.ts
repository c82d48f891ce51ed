/**
 * A line over slots as the path of an SVG: values as steps, because a state keeps its size until the
 * next slot changes it. Pure.
 *
 * @module
 */

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
}

/** Where the line is drawn, in the units of the picture. */
export interface ChartBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Chart {
  /** The line, and the area below it. */
  readonly line: string;
  readonly area: string;
  /** Values at which a line across helps, the lowest first, with their place. */
  readonly ticks: readonly { readonly value: number; readonly y: number }[];
  /** Where each point stands. */
  readonly places: readonly ChartPoint[];
}

/** The chart of at least one point; `x` rises. The scale begins at 0. */
export function chartOf(points: readonly ChartPoint[], box: ChartBox): Chart {
  const first = points[0]?.x ?? 0;
  const range = Math.max(1, (points.at(-1)?.x ?? 0) - first);
  const top = ceiling(Math.max(1, ...points.map(({ y }) => y)));
  const bottom = box.top + box.height;
  const placeOf = ({ x, y }: ChartPoint): ChartPoint => ({
    x: round(box.left + (box.width * (x - first)) / range),
    y: round(bottom - (box.height * y) / top),
  });
  const places = points.map(placeOf);
  let line = "";
  for (const [i, { x, y }] of places.entries()) line += i === 0 ? `M${x} ${y}` : `H${x}V${y}`;
  // A single point is a level line: so it was from then on.
  const right = round(box.left + box.width);
  line += `H${right}`;
  const area = `${line}V${bottom}H${places[0]?.x ?? box.left}Z`;
  const ticks = [0, top / 2, top].map((value) => ({ value, y: placeOf({ x: first, y: value }).y }));
  return { line, area, ticks, places };
}

/** The smallest of 1, 2, 4, 8, … that is not below the value: sizes are powers of two, or near. */
function ceiling(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

const round = (value: number): number => Math.round(value * 10) / 10;
