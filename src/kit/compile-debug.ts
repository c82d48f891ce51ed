/**
 * What the compiler knows of a module and the module itself does not say: names of functions and
 * globals, and how classes lie in memory. Taken from the compiler's own tables after it wrote the
 * module, whose bytes it does not touch; kept in a file beside it.
 *
 * @module
 */

/** A type as written, and the id of its class where values of it are objects. */
export interface DebugType {
  /** The full name: `u64`, `~lib/string/String`, `assembly/ledger/Entry`. */
  readonly name: string;
  readonly class: number | null;
}

export interface DebugField {
  readonly name: string;
  /** Bytes from the object's pointer. */
  readonly offset: number;
  readonly type: DebugType;
}

/** A class whose objects carry its id in their headers. */
export interface DebugClass {
  readonly id: number;
  readonly name: string;
  readonly base: number | null;
  readonly fields: readonly DebugField[];
  /** Of a generic class: `Map<K, V>` has two. */
  readonly typeArguments: readonly DebugType[];
}

export interface DebugGlobal {
  readonly name: string;
  readonly type: DebugType;
}

export interface DebugInfo {
  /** By function index. */
  readonly functions: readonly string[];
  /** The mutable globals, in index order. */
  readonly globals: readonly DebugGlobal[];
  /**
   * Globals that always hold the same object, such as a list that is only pushed to: the optimiser
   * writes its pointer into the code.
   */
  readonly constants: readonly (DebugGlobal & { readonly pointer: number })[];
  readonly classes: readonly DebugClass[];
}

/** The parts of the compiler's tables that are read. */
interface CompilerType {
  toString(): string;
  getClass(): CompilerClass | null;
}

interface CompilerClass {
  readonly id: number;
  readonly internalName: string;
  readonly base: CompilerClass | null;
  readonly members: ReadonlyMap<string, CompilerMember> | null;
  readonly typeArguments: readonly CompilerType[] | null;
}

interface CompilerMember {
  readonly instance?: CompilerProperty | null;
  readonly memoryOffset?: number;
  readonly type?: CompilerType;
}

type CompilerProperty = Pick<CompilerMember, "memoryOffset" | "type">;

interface CompilerProgram {
  readonly managedClasses: ReadonlyMap<number, CompilerClass>;
  readonly elementsByName: ReadonlyMap<string, { readonly type?: CompilerType }>;
}

interface BinaryModule {
  getNumFunctions(): number;
  getFunctionByIndex(index: number): number;
  getNumGlobals(): number;
  getGlobalByIndex(index: number): number;
}

interface BinaryTools {
  getFunctionInfo(reference: number): { readonly name: string };
  getGlobalInfo(reference: number): {
    readonly name: string;
    readonly mutable: boolean;
    readonly init: number;
  };
  getExpressionInfo(reference: number): { readonly value?: unknown };
}

/** Reads the tables of one run of the compiler; to be asked while the module is being written. */
export interface DebugReader {
  /** A transform in the compiler's sense. */
  readonly transform: object;
  read(): DebugInfo;
}

export function debugReader(): DebugReader {
  let compiled: {
    readonly module: BinaryModule;
    readonly program: CompilerProgram;
    readonly tools: BinaryTools;
    /** Globals before the optimiser, with the constants that they begin with. */
    readonly beginnings: readonly (readonly [name: string, pointer: number])[];
  } | null = null;
  // The compiler fills in its program and its tools where a transform is a class.
  class Transform {
    declare readonly program: CompilerProgram;
    declare readonly binaryen: BinaryTools;

    afterCompile(module: BinaryModule): void {
      const { program, binaryen: tools } = this;
      compiled = { module, program, tools, beginnings: beginningsOf(module, tools) };
    }
  }
  return {
    transform: Transform,
    read: () => {
      if (compiled === null) throw new RangeError("the compiler has made no module yet");
      const { module, program, tools, beginnings } = compiled;
      const typed = (name: string): DebugGlobal => ({
        name,
        type: typeOf(program.elementsByName.get(name)?.type, program),
      });
      const globals = mutableGlobals(module, tools);
      return {
        functions: functionNames(module, tools),
        globals: globals.map(typed),
        constants: beginnings
          .filter(([name, pointer]) => pointer !== 0 && !globals.includes(name))
          .map(([name, pointer]) => ({ ...typed(name), pointer }))
          .filter(({ type }) => type.class !== null),
        classes: [...program.managedClasses.values()].map((each) => classOf(each, program)),
      };
    },
  };
}

function functionNames(module: BinaryModule, tools: BinaryTools): readonly string[] {
  const names: string[] = [];
  for (let index = 0; index < module.getNumFunctions(); index++) {
    names.push(tools.getFunctionInfo(module.getFunctionByIndex(index)).name);
  }
  return names;
}

function mutableGlobals(module: BinaryModule, tools: BinaryTools): readonly string[] {
  const names: string[] = [];
  for (let index = 0; index < module.getNumGlobals(); index++) {
    const { name, mutable } = tools.getGlobalInfo(module.getGlobalByIndex(index));
    if (mutable) names.push(name);
  }
  return names;
}

function beginningsOf(
  module: BinaryModule,
  tools: BinaryTools,
): readonly (readonly [name: string, pointer: number])[] {
  const found: [string, number][] = [];
  for (let index = 0; index < module.getNumGlobals(); index++) {
    const { name, init } = tools.getGlobalInfo(module.getGlobalByIndex(index));
    const { value } = tools.getExpressionInfo(init);
    if (typeof value === "number") found.push([name, value]);
  }
  return found;
}

/** The compiler's own globals have no type of a program: they are pointers or counters. */
function typeOf(type: CompilerType | undefined, program: CompilerProgram): DebugType {
  if (type === undefined) return { name: "i32", class: null };
  const of = type.getClass();
  const isManaged = of !== null && program.managedClasses.get(of.id) === of;
  return { name: type.toString(), class: isManaged ? of.id : null };
}

function classOf(of: CompilerClass, program: CompilerProgram): DebugClass {
  const fields = new Map<string, DebugField>();
  for (let at: CompilerClass | null = of; at !== null; at = at.base) {
    for (const [name, member] of at.members ?? []) {
      const { memoryOffset, type } = member.instance ?? member;
      if (memoryOffset === undefined || memoryOffset < 0 || type === undefined) continue;
      if (!fields.has(name)) {
        fields.set(name, { name, offset: memoryOffset, type: typeOf(type, program) });
      }
    }
  }
  return {
    id: of.id,
    name: of.internalName,
    base: of.base?.id ?? null,
    fields: [...fields.values()].sort((a, b) => a.offset - b.offset),
    typeArguments: (of.typeArguments ?? []).map((each) => typeOf(each, program)),
  };
}

/** A name without the paths of files: `Map<String,Entry>`. */
export function shortName(name: string): string {
  return name.replace(/(?:[~\w.-]+\/)+/g, "");
}
