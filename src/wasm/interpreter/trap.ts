/**
 * Why a run of the guest stops without a result (WebAssembly §4.4, spec/06-execution.md §7,
 * spec/07-metering.md). A trap is diagnostic only: what is committed of a failed run is that it
 * failed, so the two engines need not agree on the kind nor on the place.
 *
 * @module
 */

export type TrapKind =
  | "UNREACHABLE"
  | "DIVISION_BY_ZERO"
  | "INTEGER_OVERFLOW"
  | "MEMORY_OUT_OF_BOUNDS"
  | "TABLE_OUT_OF_BOUNDS"
  | "ELEMENT_NULL"
  | "SIGNATURE_MISMATCH"
  | "STACK_EXHAUSTED"
  | "GAS_EXHAUSTED";

/** Thrown by an instruction and caught by `Machine.invoke`; only `instantiate` lets it out. */
export class Trap extends Error {
  override readonly name = "Trap";
  readonly kind: TrapKind;

  constructor(kind: TrapKind) {
    super(kind);
    this.kind = kind;
  }
}
