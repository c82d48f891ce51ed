/**
 * Loads and stores (spec/14-zkvm.md §7.2). The CPU proves the effective address and gives it with the
 * time; this chip proves that it lies in memory, takes the word as it was last left, and leaves it
 * with the value in it.
 *
 * @module
 */

import type { Air, AirBuilder } from "../../../stark/air/air.ts";
import type { Expression } from "../../../stark/air/expression.ts";
import { buses } from "../buses.ts";
import { memory, memoryWidth } from "./columns.ts";

type Cell = (name: keyof typeof memory) => Expression;

function constrainAddress(b: AirBuilder, cell: Cell): void {
  const bytes = ["byte0", "byte1", "byte2", "byte3"] as const;
  for (const name of ["real", "isLoad", "two", "four", ...bytes] as const) b.boolean(cell(name));
  // `one` is a bit too: the sum is one, and the bytes are the CPU's 1, 2 or 4.
  const sizes = cell("one").plus(cell("two")).plus(cell("four"));
  b.zero("every", sizes.minus(cell("real")));
  const position = cell("byte1").plus(cell("byte2").times(2)).plus(cell("byte3").times(3));
  const chosen = bytes.reduce((sum: Expression, name) => sum.plus(cell(name)), b.constant(0));
  b.zero("every", chosen.minus(cell("real")));
  // `wordLow` is below 2^16, so this holds for the integers and `wordLow` is below 2^14.
  b.zero("every", cell("addressLow").minus(cell("wordLow").times(4)).minus(position));
  b.zero("every", cell("four").times(cell("real").minus(cell("byte0"))));
  b.zero("every", cell("two").times(cell("byte1").plus(cell("byte3"))));
}

function constrainValue(b: AirBuilder, cell: Cell): void {
  const isHigh = cell("byte2").plus(cell("byte3"));
  const isOdd = cell("byte1").plus(cell("byte3"));
  const pick = (low: Expression, high: Expression): Expression =>
    low.plus(isHigh.times(high.minus(low)));
  const oldLimb = pick(cell("oldLow"), cell("oldHigh"));
  const newLimb = pick(cell("newLow"), cell("newHigh"));
  // A load changes nothing.
  for (const half of ["Low", "High"] as const) {
    const change = cell(`new${half}`).minus(cell(`old${half}`));
    b.zero("every", cell("isLoad").times(change));
    // Four bytes are the whole word, loaded or stored.
    b.zero("every", cell("four").times(cell(`value${half}`).minus(cell(`new${half}`))));
  }
  // Two bytes: the chosen limb. What is loaded has no high limb.
  const narrow = cell("one").plus(cell("two"));
  b.zero("every", cell("two").times(cell("valueLow").minus(newLimb)));
  b.zero("every", cell("isLoad").times(narrow).times(cell("valueHigh")));
  // One byte: a stored one replaces a byte of the limb; a loaded one replaces itself.
  const limb = cell("limbLow").plus(cell("limbHigh").times(256));
  b.zero("every", cell("one").times(oldLimb.minus(limb)));
  const moved = cell("storedLow").plus(cell("storedHigh").times(256));
  b.zero("every", cell("one").times(cell("valueLow").minus(moved)));
  b.zero("every", cell("isLoad").times(cell("one")).times(cell("storedHigh")));
  const even = cell("storedLow").plus(cell("limbHigh").times(256));
  const odd = cell("limbLow").plus(cell("storedLow").times(256));
  const replaced = even.plus(isOdd.times(odd.minus(even)));
  b.zero("every", cell("one").times(newLimb.minus(replaced)));
  // The other limb of a narrow store stays.
  const otherChange = pick(
    cell("newHigh").minus(cell("oldHigh")),
    cell("newLow").minus(cell("oldLow")),
  );
  b.zero("every", narrow.times(otherChange));
}

function interact(b: AirBuilder, cell: Cell): void {
  const real = cell("real");
  const bytes = cell("one").plus(cell("two").times(2)).plus(cell("four").times(4));
  const value = [cell("valueLow"), cell("valueHigh")];
  b.interact({
    bus: buses.access,
    tuple: [
      bytes,
      cell("isLoad"),
      cell("clock"),
      cell("addressLow"),
      cell("addressHigh"),
      ...value,
      cell("pages"),
    ],
    multiplicity: b.constant(0).minus(real),
    weight: 1,
  });
  const word = cell("wordLow").plus(cell("addressHigh").times(2 ** 14));
  b.interact({
    bus: buses.memory,
    tuple: [word, cell("time"), cell("oldLow"), cell("oldHigh")],
    multiplicity: b.constant(0).minus(real),
    weight: 1,
  });
  b.interact({
    bus: buses.memory,
    tuple: [word, cell("clock"), cell("newLow"), cell("newHigh")],
    multiplicity: real,
    weight: 1,
  });
  const ranges = [
    cell("wordLow"),
    // All bytes of an access inside a word have the address's high limb.
    cell("pages").minus(cell("addressHigh")).minus(1),
    cell("clock").minus(cell("time")).minus(1),
  ];
  for (const value of ranges) {
    b.interact({ bus: buses.range, tuple: [value], multiplicity: real, weight: 1 });
  }
  for (const name of ["limb", "stored"] as const) {
    b.interact({
      bus: buses.bytes,
      tuple: [cell(`${name}Low`), cell(`${name}High`), cell(`${name}And`)],
      multiplicity: real,
      weight: 1,
    });
  }
}

export const memoryAir: Air = {
  name: "memory",
  width: memoryWidth,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const cell: Cell = (name) => b.local(memory[name]);
    constrainAddress(b, cell);
    constrainValue(b, cell);
    interact(b, cell);
  },
};
