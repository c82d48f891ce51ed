/**
 * The paths of a router as a tree of segments. A path is found in time proportional to its own
 * length times the few patterns that fit its beginning; both are bounded.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { HttpError } from "./http-error.ts";

/** Segments of a path; more have no route. */
export const pathSegmentsMax = 16;

/** What a path leads to. */
export interface FoundPath<Value> {
  /** The first pattern that was added for this path. */
  readonly pattern: string;
  /** By method. */
  readonly values: ReadonlyMap<string, Value>;
  /** Percent-decoded; of a rest, its segments joined by "/". */
  readonly parameters: Readonly<Record<string, string>>;
}

interface Leaf<Value> {
  readonly pattern: string;
  readonly names: readonly string[];
  readonly values: Map<string, Value>;
}

interface Branch<Value> {
  readonly literals: Map<string, Branch<Value>>;
  named: Branch<Value> | null;
  leaf: Leaf<Value> | null;
  /** The leaf of a pattern that ends in `{name...}` here. */
  rest: Leaf<Value> | null;
}

const namePattern = /^\{([a-z][A-Za-z]*)(\.\.\.)?\}$/;

function newBranch<Value>(): Branch<Value> {
  return { literals: new Map(), named: null, leaf: null, rest: null };
}

/** See the module's comment. */
export class RouteTree<Value> {
  readonly #root: Branch<Value> = newBranch();

  /** Adds a pattern. A second value of one method and shape, or other names in it, is a mistake. */
  add(method: string, pattern: string, value: Value): void {
    const segments = segmentsOf(pattern);
    assert(segments !== null, `bad pattern ${pattern}`);
    const names: string[] = [];
    let branch = this.#root;
    let isRest = false;
    for (const segment of segments) {
      assert(!isRest, `pattern ${pattern} goes on after its rest`);
      const [, name, dots] = namePattern.exec(segment) ?? [];
      if (name === undefined) {
        assert(!/[{}]/.test(segment), `bad segment ${segment} in ${pattern}`);
        const next = branch.literals.get(segment) ?? newBranch<Value>();
        branch.literals.set(segment, next);
        branch = next;
        continue;
      }
      assert(!names.includes(name), `pattern ${pattern} names ${name} twice`);
      names.push(name);
      isRest = dots !== undefined;
      if (!isRest) {
        branch.named ??= newBranch<Value>();
        branch = branch.named;
      }
    }
    const leaf = (isRest ? branch.rest : branch.leaf) ?? { pattern, names, values: new Map() };
    assert(leaf.names.join() === names.join(), `${pattern} and ${leaf.pattern} differ in names`);
    assert(!leaf.values.has(method), `two routes ${method} ${pattern}`);
    leaf.values.set(method, value);
    if (isRest) branch.rest = leaf;
    else branch.leaf = leaf;
  }

  /** The values of a raw path by method, or null. Never throws. */
  valuesAt(path: string): ReadonlyMap<string, Value> | null {
    return this.#match(path)?.leaf.values ?? null;
  }

  /**
   * What a raw path leads to, or null. Throws `REQUEST_MALFORMED` where a segment that fills a name
   * is not well percent-encoded UTF-8.
   */
  find(path: string): FoundPath<Value> | null {
    const match = this.#match(path);
    if (match === null) return null;
    const parameters: Record<string, string> = {};
    match.leaf.names.forEach((name, index) => {
      parameters[name] = decodeSegment(match.filled[index] ?? "");
    });
    return { pattern: match.leaf.pattern, values: match.leaf.values, parameters };
  }

  #match(path: string): Match<Value> | null {
    const segments = segmentsOf(path);
    return segments === null ? null : findLeaf(this.#root, segments, 0);
  }
}

interface Match<Value> {
  readonly leaf: Leaf<Value>;
  /** What fills the names, raw, in order. */
  readonly filled: readonly string[];
}

function findLeaf<Value>(
  branch: Branch<Value>,
  segments: readonly string[],
  at: number,
): Match<Value> | null {
  const segment = segments[at];
  if (segment === undefined) return branch.leaf && { leaf: branch.leaf, filled: [] };
  const literal = branch.literals.get(segment);
  const byLiteral = literal === undefined ? null : findLeaf(literal, segments, at + 1);
  if (byLiteral !== null) return byLiteral;
  // An empty segment fills no name: "/processes//log" is not the log of the process "".
  if (branch.named !== null && segment !== "") {
    const byName = findLeaf(branch.named, segments, at + 1);
    if (byName !== null) return { leaf: byName.leaf, filled: [segment, ...byName.filled] };
  }
  if (branch.rest === null || segments.slice(at).includes("")) return null;
  return { leaf: branch.rest, filled: [segments.slice(at).join("/")] };
}

function segmentsOf(path: string): string[] | null {
  if (path === "/") return [];
  const [root, ...segments] = path.split("/", pathSegmentsMax + 2);
  const isRooted = root === "" && segments.length > 0;
  return isRooted && segments.length <= pathSegmentsMax ? segments : null;
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    const got = text.slice(0, 100);
    throw new HttpError("REQUEST_MALFORMED", { expected: "percent-encoded UTF-8", got });
  }
}
