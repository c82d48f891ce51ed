/**
 * Slots of the package's processes for tests of the zkVM: inboxes, and the states between them as
 * the runtime makes them.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { toBase64url } from "../base/bytes.ts";
import { inboxRecord } from "../protocol/inbox.ts";
import { ProcessInstance } from "../runtime/process-instance.ts";
import { compileProcessModule } from "../runtime/process-module.ts";
import type { RunOutcome } from "../runtime/run-outcome.ts";
import { StateKernel } from "../state/kernel.ts";

/** The built module of a process of the package. */
export function processModule(name: "counter" | "token" | "chat"): Uint8Array {
  const path = new URL(`../../dist/processes/${name}.wasm`, import.meta.url);
  return new Uint8Array(readFileSync(path));
}

/** An id whose bytes depend on `number`. */
export function idOf(number: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (number * (2 * i + 1) + 37 * i) & 255);
}

/** The text of an id. */
export function addressOf(number: number): string {
  return toBase64url(idOf(number));
}

/** Canonical bytes of an inbox. */
export function inboxBytes(
  slot: number,
  from: number,
  tags: Readonly<Record<string, string>>,
  data: Uint8Array | null = null,
): Uint8Array {
  return inboxRecord.encode({
    rules: 1,
    network: idOf(201),
    process: idOf(202),
    slot,
    timestamp: 1_700_000_000_000 + slot,
    messageId: idOf(100 + slot),
    sender: { kind: 0, id: idOf(from) },
    source: null,
    anchor: new Uint8Array(),
    depth: 0,
    tags: Object.entries(tags).map(([name, value]) => ({ name, value })),
    data,
  });
}

/** A whole state. */
export interface SlotImage {
  readonly memory: Uint8Array;
  readonly globals: BigUint64Array;
}

/** A process that runs slot after slot in the runtime, whose states and gas the zkVM must agree with. */
export class SlotRunner {
  readonly #instance: ProcessInstance;
  readonly #gasLimit: number;
  #slot = 0;

  constructor(
    moduleBytes: Uint8Array,
    limits: { readonly gasLimit: number; readonly memoryPagesMax: number },
  ) {
    const module = compileProcessModule(moduleBytes);
    const { memoryPagesMax } = limits;
    const kernel = new StateKernel();
    this.#instance = new ProcessInstance({ module, memoryPagesMax, kernel });
    this.#gasLimit = limits.gasLimit;
  }

  /** A copy of the state after the last slot that did not fail. */
  image(): SlotImage {
    const { memory, globals } = this.#instance;
    return { memory: memory.slice(), globals: globals.slice() };
  }

  /** Runs the next slot. */
  run(inbox: Uint8Array): RunOutcome {
    const first = this.#slot++ === 0;
    const outcome = this.#instance.evaluate({ inbox, gasLimit: this.#gasLimit, first });
    if (outcome.ok) this.#instance.commit();
    return outcome;
  }
}
