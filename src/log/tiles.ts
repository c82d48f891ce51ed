/**
 * Tiles (spec/15-heads.md §4; C2SP tlog-tiles): the tree in pieces of 256 hashes, so that a log of any
 * length is served from immutable files and every proof is made from a few of them. Hash `i` of tile
 * `n` of level `l` is the root over 256^l leaves.
 *
 * @module
 */

import { ProtocolError } from "../protocol/errors.ts";

/** Hashes of a full tile, and the levels of the tree that it spans. */
export const tileWidth = 256;
export const tileHeight = 8;
const hashBytes = 32;

/** A tile, or as much of it as there is: 1 to 256 hashes. */
export interface TilePlace {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Where a tree of that size has a tile: null where it has none. */
export function tileAt(
  place: { readonly level: number; readonly index: number },
  size: number,
): TilePlace | null {
  const { level, index } = place;
  const hashes = Math.floor(size / tileWidth ** level);
  const width = Math.min(tileWidth, hashes - index * tileWidth);
  return width > 0 ? { level, index, width } : null;
}

/** Its path under the log's prefix: `tile/0/x001/234`, with `.p/<width>` where it is partial. */
export function tilePath({ level, index, width }: TilePlace): string {
  const suffix = width === tileWidth ? "" : `.p/${width}`;
  return `tile/${level}/${indexPath(index)}${suffix}`;
}

function indexPath(index: number): string {
  const parts = [];
  for (let rest = index; parts.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    parts.unshift(String(rest % 1000).padStart(3, "0"));
  }
  return parts.map((part, i) => (i < parts.length - 1 ? `x${part}` : part)).join("/");
}

const pathForm =
  /^([0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** Reads what follows `tile/`; one spelling for each place. Throws `REQUEST_INVALID`. */
export function parseTilePath(path: string): TilePlace {
  const [, level, digits, partial] = pathForm.exec(path) ?? [];
  if (level !== undefined && digits !== undefined) {
    const index = Number(digits.replaceAll(/[x/]/g, ""));
    const width = partial === undefined ? tileWidth : Number(partial);
    const place = { level: Number(level), index, width };
    if ((partial === undefined || width < tileWidth) && tilePath(place) === `tile/${path}`)
      return place;
  }
  throw new ProtocolError("REQUEST_INVALID", {
    expected: "tile/<L>/<N>[.p/<W>]",
    got: path.slice(0, 64),
  });
}

/** The hashes of a tile's bytes. */
export function tileHashes(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / hashBytes }, (_, i) =>
    bytes.subarray(i * hashBytes, (i + 1) * hashBytes),
  );
}
