/**
 * A log over HTTP (spec/15-heads.md §7; C2SP tlog-tiles), whoever keeps it: head, tiles and leaves. What
 * comes has the right lengths; that it is true is for the reader to see.
 *
 * @module
 */

import type { TilePlace } from "../log/tiles.ts";
import { tilePath, tileWidth } from "../log/tiles.ts";
import type { TileSource } from "../log/tree-proofs.ts";
import { headKeyBytesMax, noteBytesMax } from "../protocol/limits.ts";
import { nullIfUnknown } from "./scheduler-client.ts";
import { UnitCallError, type UnitCaller } from "./unit-call.ts";

export interface LogSource {
  readonly url: string;
  /** The newest head; null before the first. */
  readonly checkpoint: () => Promise<Uint8Array | null>;
  /** The head-key record; null where the log is of another kind. */
  readonly headKey: () => Promise<Uint8Array | null>;
  readonly tile: TileSource;
  /** The leaves under a tile of level 0, as many as it has hashes. */
  readonly leaves: (place: Omit<TilePlace, "level">) => Promise<readonly Uint8Array[]>;
}

/** The longest leaf that a bundle can hold, with its length. */
const leafBytesMax = 65_537;

export function logSource(unit: UnitCaller): LogSource {
  const get = async (path: string, answerBytesMax: number): Promise<Uint8Array> =>
    (await unit.call({ method: "GET", path, accept: "*/*", answerBytesMax })).body;
  const malformed = (path: string, expected: string, got: number): UnitCallError =>
    new UnitCallError("ANSWER_MALFORMED", { status: 200 }, { unit: unit.url, path, expected, got });
  return {
    url: unit.url,
    checkpoint: () => nullIfUnknown(get("/checkpoint", noteBytesMax)),
    headKey: async () => {
      const answer = unit.call({
        method: "GET",
        path: "/head-key",
        answerBytesMax: headKeyBytesMax,
      });
      return (await nullIfUnknown(answer))?.body ?? null;
    },
    tile: async (place) => {
      const path = `/${tilePath(place)}`;
      const bytes = await get(path, 32 * tileWidth);
      if (bytes.length === 32 * place.width) return bytes;
      throw malformed(path, `${32 * place.width} bytes`, bytes.length);
    },
    leaves: async (place) => {
      const path = `/${tilePath({ level: 0, ...place }).replace("tile/0/", "tile/entries/")}`;
      const leaves = bundledLeaves(await get(path, tileWidth * leafBytesMax));
      if (leaves?.length === place.width) return leaves;
      throw malformed(path, `${place.width} leaves`, leaves?.length ?? 0);
    },
  };
}

/** Leaves behind their lengths in two bytes; null where the last is cut. */
export function bundledLeaves(bundle: Uint8Array): readonly Uint8Array[] | null {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    const length = ((bundle[at] ?? 0) << 8) | (bundle[at + 1] ?? 0);
    const leaf = bundle.slice(at + 2, at + 2 + length);
    if (leaf.length !== length || at + 2 > bundle.length) return null;
    leaves.push(leaf);
    at += 2 + length;
  }
  return leaves;
}

/** Leaves as a bundle. */
export function leafBundle(leaves: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(leaves.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const leaf of leaves) {
    bundle[at] = leaf.length >> 8;
    bundle[at + 1] = leaf.length & 255;
    bundle.set(leaf, at + 2);
    at += 2 + leaf.length;
  }
  return bundle;
}
