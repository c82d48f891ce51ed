/**
 * What a verifier checks of a segment's evidence before its STARK (spec/14-zkvm.md §9). All of these
 * throw `SlotRefusal`.
 *
 * @module
 */

import { P } from "../field/koala-bear.ts";
import { chunkBytes, metaChunkIndex, pageCountMax } from "../state/layout.ts";
import { multiproofRoots } from "../state/multiproof.ts";
import { hostKinds } from "./chips/buses.ts";
import { borderTime, chunkWords, type Evidence, type StateBoundary } from "./evidence.ts";
import { frameBase } from "./program/address-space.ts";
import { paddedLength } from "./program/entry-stub.ts";
import { demand, SlotRefusal } from "./refusal.ts";

/** Frame cells that a proof may have: as many rows as their table. */
const frameCellsMax: number = 2 ** 18;

/** What the state's part of the evidence leads to, and the page count before. */
export interface OpenedState {
  readonly pages: number;
  readonly roots: { readonly pre: Uint8Array; readonly post: Uint8Array };
}

/** Numbers of the field, chunks of a state, an inbox of its length. */
export function checkEvidence(evidence: Evidence, inboxLength: number): OpenedState {
  const { boundary, end } = evidence;
  const pages = checkBoundary(boundary, end.pages);
  checkReception(evidence, inboxLength);
  for (const value of Object.values(end)) demand(value < P, "PROOF_ENCODING", { got: value });
  const walk = multiproofRoots({ ...boundary, contents: [boundary.pre, boundary.post] });
  if (!walk.ok) throw new SlotRefusal("BOUNDARY", { reason: walk.reason });
  const [pre, post] = walk.roots as [Uint8Array, Uint8Array];
  return { pages, roots: { pre, post } };
}

/**
 * A segment that another one follows ends at a border, within the gas: so the next one's sum begins
 * below the limit. Carried cells are frames' and in order, so that none is there twice and none is a
 * word of the state; what is zero is not carried.
 */
export function checkBorder({ end, carried }: Evidence, gasLimit: number): void {
  demand(end.kind === hostKinds.pause, "BORDER", { kind: end.kind });
  demand(end.gas <= gasLimit, "BORDER", { expected: gasLimit, got: end.gas });
  let last = frameBase - 1;
  carried.cells.forEach((cell, i) => {
    const isNext = cell > last && cell < frameBase + frameCellsMax;
    const [low, high] = [carried.lows[i]!, carried.highs[i]!];
    const isValue = low < P && high < P && (low !== 0 || high !== 0);
    demand(isNext && isValue && carried.times[i]! < borderTime, "BORDER", { cell });
    last = cell;
  });
}

/** Chunks in range, the page count among them and set to what the run ends with; answers the pages before. */
function checkBoundary(boundary: StateBoundary, pagesAfter: number): number {
  const { indices, pre, post, times } = boundary;
  const meta = indices.indexOf(metaChunkIndex);
  demand(meta >= 0, "BOUNDARY", { missing: "page count" });
  demand(pagesAfter <= pageCountMax, "BOUNDARY", { pages: pagesAfter });
  const countOf = (chunks: Uint8Array): bigint =>
    new DataView(chunks.buffer, chunks.byteOffset + meta * chunkBytes).getBigUint64(0, true);
  const before = countOf(pre);
  demand(before <= BigInt(pagesAfter), "BOUNDARY", { pages: String(before) });
  demand(countOf(post) === BigInt(pagesAfter), "BOUNDARY", { pages: String(countOf(post)) });
  // No program has the page count's cells.
  demand(times[meta * chunkWords] === 0 && times[meta * chunkWords + 1] === 0, "BOUNDARY");
  const chunksPerPage = 65_536 / chunkBytes;
  const view = (chunks: Uint8Array, at: number): number =>
    new DataView(chunks.buffer, chunks.byteOffset).getUint32(at, true);
  indices.forEach((index, chunk) => {
    const inMemory = index < pagesAfter * chunksPerPage;
    demand(inMemory || index >= metaChunkIndex, "BOUNDARY", { chunk: index });
    for (let word = 0; word < chunkWords; word++) {
      const time = times[chunk * chunkWords + word]!;
      demand(time < P, "BOUNDARY", { time });
      const isPageCount = chunk === meta && word < 2;
      const at = chunk * chunkBytes + 4 * word;
      // What was not touched is what it was.
      const same = time > 0 || isPageCount || view(pre, at) === view(post, at);
      demand(same, "BOUNDARY", { chunk: index, word });
    }
  });
  return Number(before);
}

/** The inbox has as many words as it has, at a place for words, each later than what it replaces. */
function checkReception({ reception }: Evidence, inboxLength: number): void {
  if (reception === null) return;
  const { row, oldWords, oldTimes } = reception;
  for (const value of Object.values(row)) demand(value < P, "PROOF_ENCODING", { got: value });
  const isLimb = row.aLow < 65_536 && row.aHigh < 65_536;
  demand(row.kind === hostKinds.receive && isLimb && row.aLow % 4 === 0, "RECEPTION");
  demand(oldWords.length === paddedLength(inboxLength) / 4, "RECEPTION", { got: oldWords.length });
  for (const time of oldTimes) demand(time < row.clock + 3, "RECEPTION", { time });
}

/** The bytes there after the run, all of them in opened chunks. */
export function returnedBytes(
  { indices, post }: StateBoundary,
  { pointer, length }: { readonly pointer: number; readonly length: number },
): Uint8Array {
  const places = new Map(Array.from(indices, (index, chunk) => [index, chunk]));
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const chunk = places.get(Math.floor((pointer + i) / chunkBytes));
    demand(chunk !== undefined, "RETURNED_MISMATCH", { missing: pointer + i });
    bytes[i] = post[chunk * chunkBytes + ((pointer + i) % chunkBytes)]!;
  }
  return bytes;
}
