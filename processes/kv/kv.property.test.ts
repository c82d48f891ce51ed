/**
 * The store against a model: a map from paths to owner, version, type and body.
 *
 * @module
 */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { compileFolder, idOf, RawProcess } from "../raw-process.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await compileFolder(".", import.meta.url);
});

interface Step {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly path: string;
  readonly from: number;
  readonly data: string;
  /** `ETag`s are of slots: small numbers meet some that are there. */
  readonly condition: { readonly name: string; readonly value: string } | null;
}

interface Stored {
  readonly owner: number;
  readonly etag: string;
  readonly data: string;
}

const value = fc.oneof(
  fc.constant("*"),
  fc.nat({ max: 12 }).map((slot) => `"${slot}"`),
  fc.array(fc.nat({ max: 30 }), { minLength: 2, maxLength: 4 }).map((slots) => {
    return slots.map((slot) => `"${slot}"`).join(", ");
  }),
);
const condition = fc.record({ name: fc.constantFrom("If-Match", "If-None-Match"), value });
const step: fc.Arbitrary<Step> = fc.record({
  method: fc.constantFrom("GET", "PUT", "PUT", "DELETE"),
  path: fc.constantFrom("/", "/a", "/a/b", "/b"),
  from: fc.nat({ max: 2 }),
  data: fc.string({ maxLength: 20 }),
  condition: fc.option(condition, { nil: null }),
});

/** Takes the step in the model; the status that the store must answer. */
function take(model: Map<string, Stored>, step: Step, slot: number): number {
  const { method, path, from, data, condition } = step;
  const found = model.get(path);
  const named = condition?.value.split(", ") ?? [];
  const matches = found !== undefined && (named[0] === "*" || named.includes(found.etag));
  const isMatch = condition?.name === "If-Match";
  if (method === "GET") {
    if (found === undefined) return 404;
    return condition !== null && !isMatch && matches ? 304 : 200;
  }
  if (method === "DELETE" && found === undefined && !isMatch) return 404;
  if (found !== undefined && found.owner !== from) return 403;
  if (condition !== null && matches !== isMatch) return 412;
  if (method === "DELETE") {
    model.delete(path);
    return 204;
  }
  model.set(path, { owner: from, etag: `"${slot}"`, data });
  return found === undefined ? 201 : 200;
}

test("property: every status is the model's, and so is what is stored at the end", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const store = RawProcess.spawn(module);
      const model = new Map<string, Stored>();
      steps.forEach((each, at) => {
        const { method, path, from, data, condition } = each;
        const tags: Record<string, string> = { Action: method, Path: path };
        if (condition !== null) tags[condition.name] = condition.value;
        const [answer] = store.deliver({ from: idOf(from), tags, data }).messages;
        expect(Number(answer?.tags["Status"]), JSON.stringify(each)).toBe(
          take(model, each, at + 1),
        );
      });
      const { text } = store.deliver({ tags: { Action: "LIST", Path: "/" } });
      const listed = JSON.parse(text) as { Path: string; ETag: string; Length: number }[];
      const expected = [...model].sort(([left], [right]) => (left < right ? -1 : 1));
      expect(listed.map(({ Path, ETag }) => [Path, ETag])).toEqual(
        expected.map(([path, { etag }]) => [path, etag]),
      );
      for (const [Path, { data }] of model) {
        expect(store.deliver({ tags: { Action: "GET", Path } }).text).toBe(data);
      }
    }),
    { numRuns: 150 },
  );
});

test("property: whatever the tags say, the store answers and what it holds stays", () => {
  const name = fc.constantFrom("Action", "Path", "If-Match", "If-None-Match", "Cursor", "Limit");
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.constantFrom("GET", "PUT", "DELETE", "LIST", "/held", "/", "*", '"1"', "100"),
  );
  const store = RawProcess.spawn(module);
  store.deliver({ from: idOf(1), tags: { Action: "PUT", Path: "/held" }, data: "held" });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, text), { maxLength: 8 }), (tags) => {
      const { messages } = store.deliver({ from: idOf(2), tags });
      expect(Number(messages[0]?.tags["Status"])).toBeGreaterThanOrEqual(200);
      expect(store.deliver({ tags: { Action: "GET", Path: "/held" } }).text).toBe("held");
    }),
    { numRuns: 400 },
  );
});
