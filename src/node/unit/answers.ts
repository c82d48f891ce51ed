/**
 * Answers and parameters that the units' routes share (spec/09-http.md §2): canonical bytes or JSON by
 * what the client accepts, strict numbers and ids.
 *
 * @module
 */

import { utf8Text } from "../../base/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { mediaTypes } from "../../protocol/http.ts";
import { type Digest, parseId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/record.ts";
import { negotiate } from "../http/negotiate.ts";
import type { RouteRequest } from "../http/router.ts";
import type { HttpRequest, HttpResponse } from "../http/server.ts";

/** JSON, for people and for scripts. */
export function jsonAnswer(value: Json | object, status = 200): HttpResponse {
  return {
    status,
    headers: { "content-type": mediaTypes.json, "cache-control": "no-store" },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** Canonical bytes. */
export function canonicalAnswer(bytes: Uint8Array, status = 200): HttpResponse {
  return {
    status,
    headers: { "content-type": mediaTypes.canonical, "cache-control": "no-store" },
    body: bytes,
  };
}

/**
 * A record as the client accepts it; JSON where it accepts anything, because then a person asks. Only
 * the form that goes out is made. Throws `NOT_ACCEPTABLE`.
 */
export function recordAnswer(
  request: HttpRequest,
  forms: { readonly canonical: () => Uint8Array; readonly json: () => Json | object },
  status = 200,
): HttpResponse {
  const type = negotiate(request, [mediaTypes.json, mediaTypes.canonical]);
  return type === mediaTypes.canonical
    ? canonicalAnswer(forms.canonical(), status)
    : jsonAnswer(forms.json(), status);
}

/**
 * Throws `NOT_ACCEPTABLE` where no form of a record is accepted: asked before anything is done that
 * the answer would tell of.
 */
export function checkAcceptable(request: HttpRequest): void {
  negotiate(request, [mediaTypes.json, mediaTypes.canonical]);
}

/** The JSON of a body. Throws `REQUEST_INVALID`, for ill-formed UTF-8 as well. */
export function jsonBody(body: Uint8Array): unknown {
  const text = utf8Text(body);
  if (text === null) throw new ProtocolError("REQUEST_INVALID", { expected: "UTF-8" });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError("REQUEST_INVALID", { expected: "JSON" }, { cause: error });
  }
}

/** The id that a path names. Throws `ID_MALFORMED`. */
export function pathId(request: RouteRequest, name: string): Digest {
  return parseId(request.parameters[name] ?? "", name);
}

/** The slot that a path names. Throws `REQUEST_INVALID`. */
export function pathSlot(request: RouteRequest, name = "slot"): number {
  return integer(request.parameters[name] ?? "", { name, min: 0, max: Number.MAX_SAFE_INTEGER });
}

/** An integer parameter of the query, or its default. Throws `REQUEST_INVALID`. */
export function queryInteger(
  request: RouteRequest,
  bounds: {
    readonly name: string;
    readonly min?: number;
    readonly max: number;
    readonly default: number;
  },
): number {
  const text = request.http.query.get(bounds.name);
  return text === null ? bounds.default : integer(text, { min: 0, ...bounds });
}

/** A parameter of the query that is one of a few words. Throws `REQUEST_INVALID`. */
export function queryWord<Word extends string>(
  request: RouteRequest,
  name: string,
  words: readonly [Word, ...Word[]],
): Word {
  const text = request.http.query.get(name);
  if (text === null) return words[0];
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw new ProtocolError("REQUEST_INVALID", {
    parameter: name,
    expected: words.join(", "),
    got: text.slice(0, 64),
  });
}

function integer(
  text: string,
  bounds: { readonly name: string; readonly min: number; readonly max: number },
): number {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new ProtocolError("REQUEST_INVALID", {
    parameter: bounds.name,
    expected: `an integer from ${bounds.min} to ${bounds.max}`,
    got: text.slice(0, 64),
  });
}
