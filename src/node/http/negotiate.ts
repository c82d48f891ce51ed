/**
 * Content negotiation (RFC 9110 §12.5.1, spec/09-http.md): which of the offered types an answer
 * takes, and whether a request's own type is one that a route reads.
 *
 * @module
 */

import { HttpError } from "./http-error.ts";
import type { HttpRequest } from "./server.ts";

/** Canonical bytes, and the same record for people. */
export const msgpackType = "application/msgpack";
export const jsonType = "application/json";

// Browsers send about ten; a longer list is cut, because each range is compared with each offer.
const acceptRangesMax = 32;

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The offered type that the `accept` header prefers: the highest quality, and of equals the one
 * offered first. Null where it accepts none. No header accepts everything.
 */
export function preferredType<Offer extends string>(
  accept: string | undefined,
  offers: readonly Offer[],
): Offer | null {
  if (accept === undefined || accept.trim() === "") return offers[0] ?? null;
  // Alone it needs no reading: units and clients ask so.
  const only = offers.find((offer) => offer === accept);
  if (only !== undefined) return only;
  const ranges = accept.split(",", acceptRangesMax).map(readRange);
  let best: Offer | null = null;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > bestQuality) {
      best = offer;
      bestQuality = quality;
    }
  }
  return best;
}

/** As `preferredType`, but throws `NOT_ACCEPTABLE` (406) where nothing fits. */
export function negotiate<Offer extends string>(
  request: HttpRequest,
  offers: readonly Offer[],
): Offer {
  const accept = request.headers.get("accept");
  const type = preferredType(accept, offers);
  if (type !== null) return type;
  throw new HttpError("NOT_ACCEPTABLE", { expected: offers.join(" or "), got: accept ?? "" });
}

/**
 * The request body's type, without parameters. Throws `CONTENT_TYPE_UNSUPPORTED` (415) where it is
 * missing or not one of `types`.
 */
export function bodyType<Type extends string>(request: HttpRequest, types: readonly Type[]): Type {
  const sent = request.headers.get("content-type");
  const type = types.find((one) => one === sent) ?? types.find((one) => one === essenceOf(sent));
  if (type !== undefined) return type;
  const fields = { expected: types.join(" or "), got: sent ?? "none" };
  throw new HttpError("CONTENT_TYPE_UNSUPPORTED", fields, { "accept-post": types.join(", ") });
}

/** The type without its parameters. */
function essenceOf(sent: string | undefined): string | undefined {
  return sent?.split(";", 1)[0]?.trim().toLowerCase();
}

function readRange(text: string): MediaRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  if (weight === undefined) return { type, quality: 1 };
  return { type, quality: /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0 };
}

/** The quality of the most specific range that covers the type; 0 where none does. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  const group = `${offer.split("/", 1)[0]}/*`;
  for (const wanted of [offer, group, "*/*"]) {
    const range = ranges.find(({ type }) => type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
