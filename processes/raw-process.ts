/**
 * A compiled process in a bare WebAssembly instance: no rollback, no runtime of ours, and metering only
 * if an instrumented module is given. What the tests of `processes/` run on, so that a fault there is
 * a fault of the process.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { toBase64url, utf8Bytes, utf8Text } from "../src/base/bytes.ts";
import { compileProcess } from "../src/kit/compile.ts";
import { formatDiagnostic } from "../src/kit/compile-diagnostics.ts";
import { type Inbox, inboxRecord } from "../src/protocol/inbox.ts";
import { outputRecord } from "../src/protocol/output.ts";
import { gasName, stackName } from "../src/wasm/instrument/host-names.ts";

/** A message as tests write it; tags by name, in order. */
export interface Delivery {
  readonly from?: Uint8Array;
  readonly fromProcess?: boolean;
  readonly tags?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly data?: Uint8Array | string | null;
}

/** A message that the process sent; tags that occur once, by name. */
export interface Sent {
  readonly target: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly data: string | null;
}

/** What one evaluation gave. */
export interface Evaluation {
  readonly output: Uint8Array;
  readonly text: string;
  readonly messages: readonly Sent[];
  readonly spawns: readonly Omit<Sent, "target">[];
  readonly logs: readonly string[];
}

/** An id whose 32 bytes all depend on `number`. */
export function idOf(number: number): Uint8Array {
  const id = new Uint8Array(32);
  for (let i = 0; i < 32; i++) id[i] = (number * (2 * i + 1) + i * 37 + (number >> 8)) & 255;
  new DataView(id.buffer).setUint32(12, number);
  return id;
}

/** The text of `idOf(number)`. */
export function addressOf(number: number): string {
  return toBase64url(idOf(number));
}

const processId = idOf(1_000_001);

/** Compiles `folder`/assembly/index.ts, `folder` being relative to `base`. */
export async function compileFolder(folder: string, base: string): Promise<WebAssembly.Module> {
  const result = await compileProcess({
    folder: fileURLToPath(new URL(folder, base)),
    entry: "assembly/index.ts",
  });
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return new WebAssembly.Module(new Uint8Array(result.wasm));
}

interface ProcessExports {
  readonly memory: WebAssembly.Memory;
  readonly _start: () => void;
  readonly alloc: (length: number) => number;
  readonly handle: (length: number) => bigint;
  readonly [gasName]?: WebAssembly.Global<"i64">;
  readonly [stackName]?: WebAssembly.Global<"i32">;
}

/** What the host sets before it enters an instrumented module. */
export interface Metering {
  readonly gasLimit: bigint;
  readonly stackLimit: number;
}

/** One process from its slot 0 on. A trap leaves it as it is: there is no rollback here. */
export class RawProcess {
  readonly id: string = toBase64url(processId);
  readonly #exports: ProcessExports;
  readonly #metering: Metering | null;
  #slot = 0;

  constructor(module: WebAssembly.Module, metering: Metering | null = null) {
    const { exports } = new WebAssembly.Instance(module, {});
    this.#exports = exports as unknown as ProcessExports;
    this.#metering = metering;
    this.#refuel();
    this.#exports._start();
  }

  /** Makes a process and delivers its spawn message. */
  static spawn(
    module: WebAssembly.Module,
    spawn: Delivery = {},
    metering: Metering | null = null,
  ): RawProcess {
    const process = new RawProcess(module, metering);
    process.deliver(spawn);
    return process;
  }

  /** Gas of the last delivery; 0 without metering. */
  get gasUsed(): number {
    const left = this.#exports[gasName]?.value;
    return this.#metering === null || left === undefined
      ? 0
      : Number(this.#metering.gasLimit - left);
  }

  #refuel(): void {
    const gas = this.#exports[gasName];
    const stack = this.#exports[stackName];
    if (this.#metering === null || gas === undefined || stack === undefined) return;
    gas.value = this.#metering.gasLimit;
    stack.value = this.#metering.stackLimit;
  }

  get pages(): number {
    return this.#exports.memory.buffer.byteLength / 65_536;
  }

  /** Delivers the next message; the output must be what the protocol allows. */
  deliver(delivery: Delivery): Evaluation {
    const inbox = inboxRecord.encode(this.#inboxOf(delivery));
    const { memory, alloc, handle } = this.#exports;
    this.#refuel();
    const pointer = alloc((inbox.length + 3) & ~3) >>> 0;
    if (pointer % 4 !== 0) throw new Error(`alloc answered ${pointer}`);
    new Uint8Array(memory.buffer).set(inbox, pointer);
    const packed = BigInt.asUintN(64, handle(inbox.length));
    const start = Number(packed >> 32n);
    const bytes = new Uint8Array(memory.buffer, start, Number(packed & 0xffff_ffffn)).slice();
    const { output, messages, spawns, logs } = outputRecord.decode(bytes);
    return {
      output,
      text: utf8Text(output) ?? "",
      messages: messages.map((each) => ({ target: toBase64url(each.target), ...sent(each) })),
      spawns: spawns.map(sent),
      logs,
    };
  }

  /** Message and line of the abort that just happened. */
  abortRecord(): { readonly message: string; readonly file: string; readonly line: number } {
    const view = new DataView(this.#exports.memory.buffer);
    const text = (pointer: number): string => {
      const units = view.getUint32(pointer - 4, true) / 2;
      const codes = Array.from({ length: units }, (_, i) => view.getUint16(pointer + 2 * i, true));
      return String.fromCharCode(...codes);
    };
    return {
      message: text(view.getUint32(16, true)),
      file: text(view.getUint32(20, true)),
      line: view.getUint32(24, true),
    };
  }

  #inboxOf({ from, fromProcess = false, tags = {}, data = null }: Delivery): Inbox {
    const slot = this.#slot++;
    const pairs = Array.isArray(tags) ? tags : Object.entries(tags);
    const source = { module: idOf(7_001), scheduler: idOf(7_002), compute: [idOf(7_003)] };
    return {
      rules: 1,
      network: idOf(1_000_000),
      process: processId,
      slot,
      timestamp: 1_700_000_000_000 + slot,
      messageId: idOf(2_000_000 + slot),
      sender: { kind: fromProcess ? 1 : 0, id: from ?? idOf(0) },
      source: fromProcess ? source : null,
      anchor: new Uint8Array(0),
      depth: fromProcess ? 1 : 0,
      tags: pairs.map(([name, value]) => ({ name, value })),
      data: typeof data === "string" ? utf8Bytes(data) : data,
    };
  }
}

function sent(item: {
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  readonly data: Uint8Array | null;
}): Omit<Sent, "target"> {
  return {
    tags: Object.fromEntries(item.tags.map(({ name, value }) => [name, value])),
    names: item.tags.map(({ name }) => name),
    data: item.data === null ? null : utf8Text(item.data),
  };
}
