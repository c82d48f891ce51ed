/**
 * Records (spec/02-encoding.md §3): fixed-position arrays `[kind, version, …fields]`. One
 * declaration of the fields gives the strict decoder, the encoder and the JSON form for people
 * (bytes as base64url), so the three cannot differ.
 *
 * @module
 */

import { fromBase64url, toBase64url, utf8Bytes } from "../base/bytes.ts";
import { type Canonical, encodeCanonical } from "./codec.ts";
import { type ByteStrings, decodeCanonical } from "./decode.ts";
import { ProtocolError } from "./errors.ts";
import { digestBytes } from "./limits.ts";

/** JSON as records use it. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** How one field is written and read, in the same bounds. `path` names the field in errors. */
export interface FieldType<Value> {
  readonly encode: (value: Value, path: string) => Canonical;
  readonly decode: (value: Canonical, path: string) => Value;
  readonly toJson: (value: Value) => Json;
  readonly fromJson: (value: unknown, path: string) => Value;
}

function refuse(path: string, expected: string | number, got: string | number): never {
  throw new ProtocolError("RECORD_FIELD", { field: path, expected, got });
}

function nameOf(value: unknown): string {
  if (value === null) return "nil";
  if (value instanceof Uint8Array) return "bytes";
  return Array.isArray(value) ? "array" : typeof value;
}

/** A number as it is; of anything else its type, for it may be megabytes long. */
function shown(value: Canonical | undefined): string {
  return typeof value === "number" ? String(value) : nameOf(value);
}

/** An unsigned integer from 0 to `max` (default 2^53 − 1). */
export function uint(max: number = Number.MAX_SAFE_INTEGER): FieldType<number> {
  const read = (value: unknown, path: string): number => {
    // JSON can write -0, which has no canonical form.
    if (!Number.isSafeInteger(value) || (value as number) < 0 || Object.is(value, -0)) {
      return refuse(path, "an unsigned integer", nameOf(value));
    }
    const integer = value as number;
    return integer <= max ? integer : refuse(path, `at most ${max}`, integer);
  };
  return { encode: read, decode: read, toJson: (value) => value, fromJson: read };
}

/** Text of at most `bytesMax` UTF-8 bytes. */
export function text(bytesMax: number): FieldType<string> {
  const read = (value: unknown, path: string): string => {
    if (typeof value !== "string") return refuse(path, "a string", nameOf(value));
    if (/\p{Surrogate}/u.test(value)) return refuse(path, "well-formed text", "a lone surrogate");
    // No character has more than three bytes in UTF-8 for each of its code units.
    if (3 * value.length <= bytesMax) return value;
    const { length } = utf8Bytes(value);
    return length <= bytesMax ? value : refuse(path, `at most ${bytesMax} bytes`, length);
  };
  return { encode: read, decode: read, toJson: (value) => value, fromJson: read };
}

/** A byte string of `bytesMin` to `bytesMax` bytes. */
export function bytes(bytesMax: number, bytesMin = 0): FieldType<Uint8Array> {
  const bound = (value: unknown, path: string): Uint8Array => {
    if (!(value instanceof Uint8Array)) return refuse(path, "bytes", nameOf(value));
    if (value.length >= bytesMin && value.length <= bytesMax) return value;
    return refuse(path, `${bytesMin} to ${bytesMax} bytes`, value.length);
  };
  return {
    encode: bound,
    decode: bound,
    toJson: toBase64url,
    fromJson: (value, path) => {
      const read = typeof value === "string" ? fromBase64url(value) : null;
      return read === null ? refuse(path, "unpadded base64url", nameOf(value)) : bound(read, path);
    },
  };
}

/** A 32-byte digest: an id, an address, a root. */
export const digest: FieldType<Uint8Array> = bytes(digestBytes, digestBytes);

/** A value or nil. */
export function nullable<Value>(type: FieldType<Value>): FieldType<Value | null> {
  return {
    encode: (value, path) => (value === null ? null : type.encode(value, path)),
    decode: (value, path) => (value === null ? null : type.decode(value, path)),
    toJson: (value) => (value === null ? null : type.toJson(value)),
    fromJson: (value, path) =>
      value === null || value === undefined ? null : type.fromJson(value, path),
  };
}

const readNil = (value: unknown, path: string): null =>
  value === null ? null : refuse(path, "nil", nameOf(value));

/** Nil alone: a position kept for a later version. */
export const nil: FieldType<null> = {
  encode: readNil,
  decode: readNil,
  toJson: () => null,
  fromJson: (value, path) => {
    return value === null || value === undefined ? null : refuse(path, "null", nameOf(value));
  },
};

/** An array of at most `countMax` values of one type. */
export function list<Value>(type: FieldType<Value>, countMax: number): FieldType<readonly Value[]> {
  const each = <From, To>(
    value: unknown,
    path: string,
    read: (item: From, path: string) => To,
  ): readonly To[] => {
    if (!Array.isArray(value)) return refuse(path, "an array", nameOf(value));
    if (value.length > countMax) return refuse(path, `at most ${countMax} items`, value.length);
    return value.map((item, index) => read(item as From, `${path}[${index}]`));
  };
  return {
    encode: (value, path) => each(value, path, type.encode),
    decode: (value, path) => each(value, path, type.decode),
    toJson: (value) => value.map((item) => type.toJson(item)),
    fromJson: (value, path) => each(value, path, type.fromJson),
  };
}

/** The fields of a record, in wire order. */
export type FieldTypes<Value> = { readonly [Name in keyof Value]-?: FieldType<Value[Name]> };

/** An array with one position per field and no kind: part of a record. */
export function struct<Value extends object>(fields: FieldTypes<Value>): FieldType<Value> {
  const names = Object.keys(fields) as (keyof Value & string)[];
  const pathsUnder = pathsOf(names);
  return {
    encode: (value, path) => {
      const paths = pathsUnder(path);
      return names.map((name, index) => fields[name].encode(value[name], paths[index] as string));
    },
    decode: (value, path) => {
      if (!Array.isArray(value)) return refuse(path, "an array", nameOf(value));
      if (value.length !== names.length)
        return refuse(path, `${names.length} fields`, value.length);
      const paths = pathsUnder(path);
      return build(names, (name, index) =>
        fields[name].decode(value[index] as Canonical, paths[index] as string),
      );
    },
    toJson: (value) =>
      Object.fromEntries(names.map((name) => [name, fields[name].toJson(value[name])])),
    fromJson: (value, path) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return refuse(path, "an object", nameOf(value));
      }
      const given = value as Record<string, unknown>;
      for (const name of Object.keys(given)) {
        if ((names as string[]).includes(name)) continue;
        const short = name.slice(0, 64);
        refuse(`${path}.${short}`, "no such field", short);
      }
      return build(names, (name) => fields[name].fromJson(given[name], `${path}.${name}`));
    },
  };
}

/** The paths of fields; those of the path before are kept, for a record is always at the same one. */
function pathsOf(names: readonly string[]): (path: string) => readonly string[] {
  let last: string | null = null;
  let paths: readonly string[] = [];
  return (path) => {
    if (path !== last) {
      paths = names.map((name) => `${path}.${name}`);
      last = path;
    }
    return paths;
  };
}

function build<Value>(
  names: readonly (keyof Value & string)[],
  read: (name: keyof Value & string, index: number) => unknown,
): Value {
  // One by one in the same order, so that all values of a record have one hidden class.
  const built: { [Name in keyof Value]?: unknown } = {};
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as keyof Value & string;
    built[name] = read(name, index);
  }
  return built as Value;
}

/** A record of one kind and version. */
export interface RecordType<Value> {
  readonly name: string;
  readonly kind: number;
  /** The one encoding; a value that breaks a bound is refused here as well. */
  readonly encode: (value: Value) => Uint8Array;
  /** Strict: `CODEC_…`, `RECORD_KIND` or `RECORD_FIELD`. */
  readonly decode: (bytes: Uint8Array) => Value;
  /** As `decode`; long byte strings are views of `bytes`, which nobody else may have or change. */
  readonly decodeViews: (bytes: Uint8Array) => Value;
  readonly toJson: (value: Value) => Json;
  readonly fromJson: (value: unknown) => Value;
}

/** Declares a record: its name and number in the registry of spec/02-encoding.md §4, its bound, its fields. */
export function record<Value extends object>(
  declaration: { readonly name: string; readonly kind: number; readonly bytesMax: number },
  fields: FieldTypes<Value>,
): RecordType<Value> {
  const { name, kind, bytesMax } = declaration;
  const version = 1;
  const body = struct(fields);
  const read = (received: Uint8Array, byteStrings: ByteStrings): Value => {
    const value = decodeCanonical(received, bytesMax, byteStrings);
    if (!Array.isArray(value) || value[0] !== kind || value[1] !== version) {
      const got = Array.isArray(value) ? `[${shown(value[0])}, ${shown(value[1])}]` : nameOf(value);
      throw new ProtocolError("RECORD_KIND", { expected: `${name} [${kind}, ${version}]`, got });
    }
    return body.decode(value.slice(2), name);
  };
  return {
    name,
    kind,
    encode: (value) => {
      return encodeCanonical([kind, version, ...(body.encode(value, name) as Canonical[])]);
    },
    decode: (received) => read(received, "copies"),
    decodeViews: (received) => read(received, "views"),
    toJson: body.toJson,
    fromJson: (value) => body.fromJson(value, name),
  };
}

/** The kind number of canonical bytes that hold a record, or null; nothing else is checked. */
export function kindOf(received: Uint8Array): number | null {
  const head = received[0] ?? 0;
  const at = head >= 0x92 && head <= 0x9f ? 1 : head === 0xdc ? 3 : null;
  const kind = at === null ? undefined : received[at];
  return kind !== undefined && kind < 0x80 ? kind : null;
}
