/**
 * What the CPU puts on buses (spec/14-zkvm.md §7.1).
 *
 * @module
 */

import type { Expression } from "../../../stark/air/expression.ts";
import { Flag, flagNames } from "../../program/program.ts";
import { buses, hostKinds } from "../buses.ts";
import { accessing, type CpuRow, stopping } from "./row.ts";

export function cpuInteractions(row: CpuRow): void {
  program(row);
  cells(row);
  const { b, here } = row;
  for (const name of ["cLow", "cHigh", "spare"] as const) {
    b.interact({
      bus: buses.range,
      tuple: [here(name)],
      multiplicity: here("real"),
      weight: 1,
    });
  }
  b.interact({
    bus: buses.operation,
    tuple: [
      here("operation"),
      here("aLow"),
      here("aHigh"),
      here("bLow"),
      here("bHigh"),
      here("wLow"),
      here("wHigh"),
    ],
    multiplicity: here("operate"),
    weight: 1,
  });
  b.interact({
    bus: buses.access,
    tuple: [
      here("operation"),
      here("load"),
      here("clock").plus(3),
      here("cLow"),
      here("cHigh"),
      here("wLow"),
      here("wHigh"),
      here("pageCount"),
    ],
    multiplicity: accessing(row),
    weight: 1,
  });
  host(row);
}

function program({ b, here }: CpuRow): void {
  const flags = flagNames.reduce(
    (sum: Expression, name) => sum.plus(here(name).times(Flag[name])),
    b.constant(0),
  );
  // The cell without the frame is what the program says.
  const relative = (operand: "a" | "b" | "w"): Expression =>
    here(`${operand}Cell`).minus(here(`${operand}Frame`).times(here("frame")));
  b.interact({
    bus: buses.program,
    tuple: [
      here("place"),
      flags,
      here("operation"),
      relative("a"),
      relative("b"),
      relative("w"),
      here("immediateLow"),
      here("immediateHigh"),
      here("offset"),
      here("target"),
      here("price"),
    ],
    multiplicity: here("real"),
    weight: 1,
  });
}

/** Each operand takes its cell as it was last left and leaves it at its own, later time. */
function cells({ b, here }: CpuRow): void {
  for (const [index, operand] of (["a", "b", "w"] as const).entries()) {
    const cell = here(`${operand}Cell`);
    const time = here("clock").plus(index);
    const before = here(`${operand}Time`);
    const on = here(`${operand}On`);
    const now = [here(`${operand}Low`), here(`${operand}High`)];
    const old = operand === "w" ? [here("oldLow"), here("oldHigh")] : now;
    b.interact({
      bus: buses.memory,
      tuple: [cell, before, ...old],
      multiplicity: b.constant(0).minus(on),
      weight: 1,
    });
    b.interact({ bus: buses.memory, tuple: [cell, time, ...now], multiplicity: on, weight: 1 });
    b.interact({
      bus: buses.range,
      tuple: [time.minus(before).minus(1)],
      multiplicity: on,
      weight: 1,
    });
  }
}

function host(row: CpuRow): void {
  const { b, here } = row;
  const kind = here("receive")
    .times(hostKinds.receive)
    .plus(here("halt").times(hostKinds.halt))
    .plus(here("outOfBounds").times(hostKinds.outOfBounds))
    .plus(here("outOfStack").times(hostKinds.outOfStack))
    .plus(here("outOfGas").times(hostKinds.outOfGas))
    .plus(here("pause").times(hostKinds.pause));
  b.interact({
    bus: buses.host,
    tuple: [
      kind,
      here("operation"),
      here("clock"),
      here("aLow"),
      here("aHigh"),
      here("bLow"),
      here("bHigh"),
      here("gas"),
      here("pageCount"),
    ],
    multiplicity: stopping(row).plus(here("receive")).plus(here("pause")),
    weight: 2,
  });
}
