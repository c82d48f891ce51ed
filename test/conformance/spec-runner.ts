/**
 * Runs one file of the spec suite in all engines: modules of the integer language as they stand,
 * others after the test-only pass, importers not at all. An action that is passed over may have
 * changed state, so what follows on the same instance is passed over too; likewise for an instance
 * whose memory, table or globals an importer that is passed over may have reached.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeModule } from "../../src/wasm/binary/decode.ts";
import { WasmError } from "../../src/wasm/binary/error.ts";
import type { Value } from "../../src/wasm/interpreter/value-stack.ts";
import { validateModule } from "../../src/wasm/validate/check-module.ts";
import { integerLanguage, type LanguageOptions } from "../../src/wasm/validate/module-context.ts";
import { type ComparedInstance, instantiateCompared } from "./compared-instance.ts";
import type { Engine, EngineLimits } from "./engine.ts";
import { validateExposed } from "./exposed-module.ts";
import { type IntegerModule, toIntegerModule } from "./integer-pass.ts";
import { readSpecModule } from "./spec-module.ts";
import { isIntegerAssertion, readScript, type SpecCommand, toValue } from "./spec-script.ts";
import { countUp, describeCommand, emptyTally, type SpecTally } from "./spec-tally.ts";

/**
 * Enough gas for growth by 65,537 pages, and below the 2^26 that the zkVM's constraints hold; a stack that
 * V8's main thread holds in either tier.
 */
const limits: EngineLimits = {
  gasLimit: 67_000_000,
  stackSlots: 20_000,
  memoryPagesMax: 4096,
};

/** What an invalid module must be refused under: nothing may hide behind a missing feature. */
const widestLanguage: LanguageOptions = { floats: true, multiValue: true, limits: null };

/** A module of the script: running, or not and why. */
interface Loaded {
  readonly instance: ComparedInstance | null;
  readonly pass: IntegerModule | null;
  readonly asWritten: boolean;
  passedOverFor: string | null;
}

export class SpecRunner {
  readonly tally: SpecTally = emptyTally();
  readonly #root: string;
  readonly #file: string;
  readonly #engines: readonly Engine[];
  readonly #named: Map<string, Loaded> = new Map();
  readonly #registered: Map<string, Loaded> = new Map();
  #latest: Loaded | null = null;

  constructor(options: {
    readonly root: string;
    readonly file: string;
    readonly engines: readonly Engine[];
  }) {
    this.#root = options.root;
    this.#file = options.file;
    this.#engines = options.engines;
  }

  run(): SpecTally {
    for (const command of readScript(this.#root, this.#file)) {
      if (command.module_type !== "text") this.#carryOut(command);
    }
    return this.tally;
  }

  #carryOut(command: SpecCommand): void {
    switch (command.type) {
      case "module":
        this.#latest = this.#load(command);
        if (command.name !== undefined) this.#named.set(command.name, this.#latest);
        break;
      case "register":
        this.#registered.set(command.as ?? "", this.#target(command.name));
        break;
      case "assert_invalid":
      case "assert_malformed":
        this.#expectRefusal(command);
        break;
      case "assert_unlinkable":
        this.#taintImported(readSpecModule(this.#bytes(command)).importedModules);
        break;
      case "assert_uninstantiable":
        this.#expectNoInstance(command);
        break;
      default:
        this.#act(command);
    }
  }

  #bytes(command: SpecCommand): Uint8Array {
    return new Uint8Array(readFileSync(join(this.#root, this.#file, command.filename ?? "")));
  }

  #load(command: SpecCommand): Loaded {
    this.tally.modules++;
    const bytes = this.#bytes(command);
    const asWritten = refusal(bytes, integerLanguage) === null;
    if (asWritten) this.tally.modulesAsWritten++;
    const source = readSpecModule(bytes);
    this.#taintImported(source.importedModules);
    const idle = { instance: null, pass: null, asWritten };
    if (source.importedModules.length > 0) return { ...idle, passedOverFor: "imports" };
    const pass = toIntegerModule(source);
    if (pass === null) return { ...idle, passedOverFor: "its tables or its start" };
    const standsAsWritten = asWritten && pass.startExport === null;
    const instance = this.#instantiate(command, standsAsWritten ? { ...pass, bytes } : pass);
    if (instance === null) {
      this.#fail(command, "the module does not run");
      return { ...idle, passedOverFor: "failure" };
    }
    this.tally.modulesRun++;
    return { instance, pass, asWritten, passedOverFor: null };
  }

  #instantiate(command: SpecCommand, pass: IntegerModule): ComparedInstance | null {
    const report = (difference: string): void => this.#fail(command, difference);
    const trapped = (reasons: readonly string[]): void => {
      countUp(this.tally.trapKinds, reasons.join(" / "));
    };
    const validated = validateExposed(pass.bytes);
    const observer = { report, trapped };
    const instance = instantiateCompared(this.#engines, validated, limits, observer);
    if (instance === null || pass.startExport === null) return instance;
    return instance.invoke(pass.startExport, []).ok ? instance : null;
  }

  #target(name: string | undefined): Loaded {
    const target = name === undefined ? this.#latest : this.#named.get(name);
    if (target === null || target === undefined) throw new Error(`${this.#file}: no module`);
    return target;
  }

  /** An importer that is passed over may have changed what it imports. */
  #taintImported(moduleNames: readonly string[]): void {
    for (const name of moduleNames) {
      const imported = this.#registered.get(name);
      if (imported !== undefined) imported.passedOverFor ??= "an importer";
    }
  }

  #expectRefusal(command: SpecCommand): void {
    if (refusal(this.#bytes(command), widestLanguage) !== null) this.tally.refused++;
    else this.#fail(command, `accepted ${command.filename}`);
  }

  #expectNoInstance(command: SpecCommand): void {
    const source = readSpecModule(this.#bytes(command));
    this.#taintImported(source.importedModules);
    const pass = toIntegerModule(source);
    if (pass === null) {
      countUp(this.tally.passedOver, "a module that has imports and no instance");
      return;
    }
    if (this.#instantiate(command, pass) !== null) this.#fail(command, "instantiated");
    countUp(this.tally.compared, command.type);
  }

  #act(command: SpecCommand): void {
    const { action } = command;
    if (action === undefined) throw new Error(`${this.#file}:${command.line} has no action`);
    const target = this.#target(action.module);
    const { instance, pass } = target;
    const isInteger = isIntegerAssertion(command);
    if (isInteger) this.tally.integerAssertions++;
    if (target.asWritten && command.type === "assert_return") this.tally.returnsAsWritten++;
    const isLost = pass?.lostExports.has(action.field) ?? false;
    const reason = target.passedOverFor ?? (isLost ? "the pass" : null);
    if (reason !== null || instance === null || pass === null) {
      if (isLost && command.type === "action") target.passedOverFor ??= "an action passed over";
      countUp(this.tally.passedOver, reason ?? "");
      return;
    }
    if (isInteger) this.tally.integerAssertionsCompared++;
    countUp(this.tally.compared, command.type);
    this.#check(command, this.#results(instance, pass, command));
  }

  /** What the action gives; null for a trap. */
  #results(
    instance: ComparedInstance,
    pass: IntegerModule,
    { action }: SpecCommand,
  ): readonly Value[] | null {
    if (action === undefined) return null;
    if (action.type === "get") return [instance.get(action.field)];
    const outcome = instance.invoke(action.field, (action.args ?? []).map(toValue));
    if (!outcome.ok) return null;
    const getters = pass.resultExports.get(action.field);
    if (getters === undefined) return outcome.results;
    return getters.flatMap((getter) => {
      const result = instance.invoke(getter, []);
      return result.ok ? result.results : [];
    });
  }

  #check(command: SpecCommand, results: readonly Value[] | null): void {
    if (command.type === "action") {
      if (results === null) this.#fail(command, "trapped");
    } else if (command.type === "assert_return") {
      const expected = (command.expected ?? []).map(toValue).join();
      if (results?.join() !== expected) {
        this.#fail(command, `expected ${expected}, got ${results?.join() ?? "a trap"}`);
      }
    } else if (results !== null) {
      this.#fail(command, `expected a trap, got ${results.join()}`);
    }
  }

  #fail(command: SpecCommand, what: string): void {
    this.tally.failures.push(`${describeCommand(this.#file, command)}: ${what}`);
  }
}

/** Why the language refuses the bytes, or null. */
function refusal(bytes: Uint8Array, language: LanguageOptions): WasmError | null {
  try {
    validateModule(decodeModule(bytes), language);
    return null;
  } catch (error) {
    if (error instanceof WasmError) return error;
    throw error;
  }
}
