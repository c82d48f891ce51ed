import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { ProfiledState } from "../runtime/gas-profile.ts";
import { ProcessInstance } from "../runtime/process-instance.ts";
import { compileProcessModule } from "../runtime/process-module.ts";
import { StateKernel } from "../state/kernel.ts";
import { addressOf, inboxBytes } from "../testing/process-slots.ts";
import { type CompileResult, compileProcess } from "./compile.ts";
import { type Inspected, inspectState } from "./inspect-state.ts";

const source = `import { Address, Message, output, SortedMap, U128 } from "nymcompute/sdk";

class Base { rank: i16 = -3; }
class Person extends Base {
  constructor(public name: string, public friend: Person | null) { super(); }
  isAdmin: bool = true;
  balance: u64 = 18446744073709551615;
}

let count: i32 = -7;
let big: i64 = -9007199254740993;
let greeting: string = "";
let words: string[] = [];
let bytes: Uint8Array = new Uint8Array(0);
let numbers: StaticArray<i16> = new StaticArray<i16>(0);
let ages: Map<string, u8> = new Map<string, u8>();
let wide: Map<u8, i64> = new Map<u8, i64>();
let tags: Set<u32> = new Set<u32>();
let sorted: SortedMap<string, i32> = new SortedMap<string, i32>();
let holders: SortedMap<Address, U128> = new SortedMap<Address, U128>();
let person: Person | null = null;
let absent: Person | null = null;
let raw: ArrayBuffer = new ArrayBuffer(0);

export function start(message: Message): void {
  greeting = "Grüße, " + message.slot.toString();
  words.push("one"); words.push(""); words.push("x".repeat(1500));
  bytes = new Uint8Array(3); bytes[1] = 255;
  numbers = new StaticArray<i16>(2); numbers[0] = -1; numbers[1] = 300;
  ages.set("ada", 36); ages.set("bob", 7); ages.set("cy", 200); ages.delete("bob");
  wide.set(1, -1); wide.set(2, 5);
  tags.add(9); tags.add(8); tags.delete(9); tags.add(7);
  for (let i = 0; i < 100; i++) sorted.set("k" + (1000 + i).toString(), i - 50);
  holders.set(message.from, new U128(5));
  const first = new Person("Ada", null);
  person = new Person("Bob", first);
  first.friend = person;
  raw = new ArrayBuffer(4);
  store<u32>(changetype<usize>(raw), 0x01020304);
}
export function receive(message: Message): void {
  count += words.length + bytes.length + numbers.length + ages.size + wide.size + tags.size;
  big += sorted.size + holders.size;
  if (absent != null) count++;
  if (message.hasTag("Absent")) absent = person;
  output(greeting + count.toString() + big.toString() + raw.byteLength.toString() + person!.name);
}
`;

let built: Extract<CompileResult, { ok: true }>;
let state: ProfiledState;

beforeAll(async () => {
  const readSource = (path: string): string | null =>
    path === "assembly/index.ts" ? source : null;
  const result = await compileProcess({ entry: "assembly/index.ts", readSource });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics, null, 1));
  built = result;
  const module = compileProcessModule(built.wasm);
  const instance = new ProcessInstance({ module, memoryPagesMax: 16, kernel: new StateKernel() });
  const run = { inbox: inboxBytes(0, 4, {}), gasLimit: 8_000_000, first: true };
  const outcome = instance.evaluate(run);
  if (!outcome.ok) throw new Error(outcome.diagnostic.text);
  instance.commit();
  state = { memory: instance.memory.slice(), globals: instance.globals.slice() };
});

const limits = { depth: 4, items: 20 };

function inspected(options: Partial<typeof limits> = {}): ReadonlyMap<string, Inspected> {
  const wants = (name: string): boolean => name.startsWith("assembly/");
  const globals = inspectState(state, built.debug, { ...limits, ...options, wants });
  return new Map(globals.map(({ name, value }) => [name.replace("assembly/index/", ""), value]));
}

/** The value as JavaScript would have it. */
function plain({ value, items, entries, fields, note }: Inspected): unknown {
  if (items !== undefined) return items.map(plain);
  if (entries !== undefined) return entries.map((each) => [plain(each.key), plain(each.value)]);
  if (fields === undefined) return value === undefined ? `(${note})` : value;
  return Object.fromEntries(fields.map((each) => [each.name, plain(each.value)]));
}

test("shows numbers of every width and sign, strings, and what is null", () => {
  const globals = inspected();
  const shown = (name: string): unknown => plain(globals.get(name) ?? { type: "" });
  expect(shown("count")).toBe(-7);
  expect(shown("big")).toBe("-9007199254740993");
  expect(shown("greeting")).toBe("Grüße, 0");
  expect(shown("absent")).toBe(null);
  expect(globals.get("absent")?.type).toBe("Person | null");
});

test("shows arrays, typed arrays and buffers, and cuts long strings", () => {
  const globals = inspected();
  const words = globals.get("words");
  expect(words).toMatchObject({ type: "Array<String>", length: 3 });
  expect(words?.items?.[0]).toEqual({ type: "String", value: "one", length: 3 });
  expect(words?.items?.[2]).toMatchObject({ length: 1500, note: "500 more units" });
  expect(words?.items?.[2]?.value).toBe("x".repeat(1000));
  expect(plain(globals.get("bytes") as Inspected)).toEqual([0, 255, 0]);
  expect(plain(globals.get("numbers") as Inspected)).toEqual([-1, 300]);
  expect(globals.get("raw")).toEqual({ type: "ArrayBuffer", value: "04030201", length: 4 });
});

test("shows maps and sets without what was deleted, and the SDK's sorted maps in order", () => {
  const globals = inspected();
  const shown = (name: string): unknown => plain(globals.get(name) as Inspected);
  expect(shown("ages")).toEqual([
    ["ada", 36],
    ["cy", 200],
  ]);
  expect(shown("wide")).toEqual([
    [1, "-1"],
    [2, "5"],
  ]);
  expect(shown("tags")).toEqual([8, 7]);
  expect(globals.get("sorted")).toMatchObject({ length: 100, note: "80 more entries" });
  const all = plain(inspected({ items: 1000 }).get("sorted") as Inspected) as unknown[];
  expect(all).toEqual(Array.from({ length: 100 }, (_, i) => [`k${1000 + i}`, i - 50]));
  expect(shown("holders")).toEqual([[addressOf(4), "5"]]);
});

test("shows objects with inherited fields, and stops at an object that holds itself", () => {
  const person = inspected().get("person");
  expect(plain(person as Inspected)).toEqual({
    rank: -3,
    name: "Bob",
    friend: {
      rank: -3,
      name: "Ada",
      friend: "(this object again)",
      isAdmin: true,
      balance: "18446744073709551615",
    },
    isAdmin: true,
    balance: "18446744073709551615",
  });
  const shallow = inspected({ depth: 1 }).get("person");
  expect(plain(shallow as Inspected)).toMatchObject({ friend: "(deeper than asked for)" });
});

test("without the names and layouts of this very module, globals are bits by number", () => {
  const all = { ...limits, wants: () => true };
  const [first, ...others] = inspectState(state, null, all);
  expect(first?.name).toBe("global 0");
  expect(others).toHaveLength(state.globals.length - 1);
  const strange = { ...built.debug, globals: built.debug.globals.slice(1) };
  expect(inspectState(state, strange, all)).toEqual([first, ...others]);
});

test("property: whatever lies in memory is shown or refused in place, in bounded time and room", () => {
  const word = fc.oneof(fc.nat(70_000), fc.constantFrom(0xffff_ffff, 0x7fff_fffc, 65_532, 20, 4));
  const place = fc.nat(state.memory.length / 4 - 1);
  const damage = fc.record({
    words: fc.array(fc.tuple(place, word), { maxLength: 400 }),
    globals: fc.array(fc.tuple(fc.nat(state.globals.length - 1), word), { maxLength: 20 }),
  });

  fc.assert(
    fc.property(damage, ({ words, globals }) => {
      const memory = state.memory.slice();
      const view = new DataView(memory.buffer);
      for (const [at, value] of words) view.setUint32(4 * at, value, true);
      const changed = state.globals.slice();
      for (const [at, value] of globals) changed[at] = BigInt(value);
      const shown = inspectState({ memory, globals: changed }, built.debug, {
        ...limits,
        wants: () => true,
      });
      expect(shown).toHaveLength(state.globals.length + built.debug.constants.length);
      expect(JSON.stringify(shown).length).toBeLessThan(4_000_000);
    }),
    { numRuns: 150 },
  );
});

test("a map that says it has four thousand million entries is gone through within bounds", () => {
  const index = built.debug.globals.findIndex(({ name }) => name === "assembly/index/ages");
  const map = Number(state.globals[index]);
  const fields = built.debug.classes.find(({ name }) =>
    name.startsWith("~lib/map/Map<~lib/string"),
  );
  const memory = state.memory.slice();
  const view = new DataView(memory.buffer);
  for (const { name, offset } of fields?.fields ?? []) {
    if (/Offset|Count/.test(name)) view.setUint32(map + offset, 0xffff_ffff, true);
  }
  const wants = (name: string): boolean => name.endsWith("/ages");
  const [ages] = inspectState({ memory, globals: state.globals }, built.debug, {
    ...limits,
    wants,
  });
  expect(ages?.value.length).toBe(0xffff_ffff);
  expect(ages?.value.entries?.length).toBeLessThanOrEqual(20);
});
