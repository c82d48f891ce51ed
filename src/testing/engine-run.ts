/**
 * Runs a process module once in the platform's own engine, as slot 0: `_start`, `alloc`, the input
 * written, `handle`. For tests that compare raw, instrumented and interpreted modules; the real
 * evaluator is in src/runtime.
 *
 * @module
 */

export interface EngineRun {
  /** What `handle` returned, or null if something trapped. */
  readonly returned: bigint | null;
  /** The trap's message, or null. */
  readonly trap: string | null;
  readonly memory: Uint8Array;
  /** Values of all exported `$` globals by name; empty for a raw module. */
  readonly globals: ReadonlyMap<string, bigint>;
}

export interface EngineRunOptions {
  readonly gas?: bigint;
  readonly stack?: number;
  readonly memoryCap?: number;
  readonly input?: Uint8Array;
}

type Callable = (...values: number[]) => unknown;

/** Instantiates and runs; a host mistake (a module that does not compile) throws. */
export function runInEngine(bytes: Uint8Array, options: EngineRunOptions = {}): EngineRun {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const exports = new WebAssembly.Instance(module, {}).exports;
  const set = (name: string, value: bigint | number | undefined): void => {
    const global = exports[name];
    if (global instanceof WebAssembly.Global && value !== undefined) global.value = value;
  };
  set("$gas", options.gas);
  set("$stack", options.stack);
  set("$memoryCap", options.memoryCap);
  const memory = exports["memory"] as WebAssembly.Memory;
  const input = options.input ?? new Uint8Array(8);
  let returned: bigint | null = null;
  let trap: string | null = null;
  try {
    (exports["_start"] as Callable)();
    const address = Number((exports["alloc"] as Callable)(input.length)) >>> 0;
    if (address + input.length <= memory.buffer.byteLength) {
      new Uint8Array(memory.buffer).set(input, address);
    }
    returned = (exports["handle"] as Callable)(input.length) as bigint;
  } catch (error) {
    // A RangeError is V8's own stack check, which the slot budget must never let happen.
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    trap = error.message;
  }
  const globals = new Map<string, bigint>();
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global) globals.set(name, BigInt(value.value as number));
  }
  return { returned, trap, memory: new Uint8Array(memory.buffer).slice(), globals };
}
