/**
 * What is stored where, in the order of the paths, and how much there may be of it.
 *
 * @module
 */

import { Address, SortedMap } from "nymcompute/sdk";

/** Bytes of one body. */
export const bodyMax: i32 = 65_536;
/** Bytes of all bodies, paths and types: half of the 16 MiB that a process has by default. */
const storedMax: i32 = 8_388_608;
/** Bytes that a resource costs beside what it stores. */
const resourceBytes: i32 = 128;
const pathMax: i32 = 200;
const typeMax: i32 = 100;

/** One version of what a path holds. */
@final
export class Resource {
  constructor(
    readonly owner: Address,
    /** The slot that wrote it: no other version, of this path or another, has the same. */
    readonly version: u64,
    readonly type: string,
    readonly body: Uint8Array,
  ) {}

  /** A strong validator (RFC 9110 §8.8.3). */
  get etag(): string {
    return '"' + this.version.toString() + '"';
  }
}

export const resources = new SortedMap<string, Resource>();
let stored: i32 = 0;

export function find(path: string): Resource | null {
  return resources.has(path) ? resources.get(path) : null;
}

/** Whether the resource fits, where it takes the place of what the path holds. */
export function roomFor(path: string, resource: Resource): bool {
  return stored - heldAt(path) + sizeOf(path, resource) <= storedMax;
}

export function put(path: string, resource: Resource): void {
  stored += sizeOf(path, resource) - heldAt(path);
  resources.set(path, resource);
}

export function remove(path: string): void {
  stored -= heldAt(path);
  resources.delete(path);
}

function heldAt(path: string): i32 {
  const held = find(path);
  return held ? sizeOf(path, held) : 0;
}

function sizeOf(path: string, resource: Resource): i32 {
  return resourceBytes + path.length + resource.type.length + resource.body.length;
}

/** A slash and what may stand in a URL's path (RFC 3986 §3.3). */
export function isPath(text: string): bool {
  if (text.length == 0 || text.length > pathMax || text.charCodeAt(0) != 47) return false;
  for (let at = 1; at < text.length; at++) if (!isPathCharacter(text.charCodeAt(at))) return false;
  return true;
}

function isPathCharacter(code: i32): bool {
  const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
  const isDigitOrSlash = code >= 47 && code <= 57;
  return isLetter || isDigitOrSlash || "-._~!$&'()*+,;=:@%".includes(String.fromCharCode(code));
}

/** Visible ASCII and spaces: what may stand in a header's field. */
export function isType(text: string): bool {
  if (text.length == 0 || text.length > typeMax) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 32 || code > 126) return false;
  }
  return true;
}
