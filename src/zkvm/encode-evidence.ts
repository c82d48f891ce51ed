/**
 * A slot's proof as bytes (spec/14-zkvm.md §6): little-endian words, every list after its length. Each
 * segment is its evidence and its STARK. Of a chunk's words only the touched ones have a time and a
 * value after.
 *
 * @module
 */

import { concatBytes } from "../base/bytes.ts";
import { chunkBytes } from "../state/layout.ts";
import { chunkWords, type Evidence, type HostRow, hostFields } from "./evidence.ts";
import { demand } from "./refusal.ts";
import type { CarriedCells } from "./registers.ts";
import { segmentsMax } from "./segment-limits.ts";

/** The encoding's version. */
const version = 2;

/** Bounds on lists, checked before anything is allocated from them. */
const usesMax: number = 2 ** 20;
const chunksMax: number = 2 ** 17;
const inboxWordsMax: number = 2 ** 18;
const carriedMax: number = 2 ** 18;
const starkBytesMax: number = 2 ** 24;

class Writer {
  readonly #words: number[] = [];

  word(value: number): void {
    this.#words.push(value);
  }

  bytes(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 4) this.word(view.getUint32(at, true));
  }

  finish(rest: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(4 * this.#words.length + rest.length);
    const view = new DataView(bytes.buffer);
    this.#words.forEach((word, i) => {
      view.setUint32(4 * i, word, true);
    });
    bytes.set(rest, 4 * this.#words.length);
    return bytes;
  }
}

class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get at(): number {
    return this.#at;
  }

  word(): number {
    demand(this.#at + 4 <= this.#view.byteLength, "PROOF_ENCODING", { at: this.#at });
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  /** A length of at most `most` items that take at least `bytesEach` bytes. */
  count(most: number, bytesEach: number): number {
    const count = this.word();
    const left = this.#view.byteLength - this.#at;
    demand(count <= most && count * bytesEach <= left, "PROOF_ENCODING", { at: this.#at, count });
    return count;
  }

  bytes(length: number): Uint8Array {
    demand(this.#at + length <= this.#view.byteLength, "PROOF_ENCODING", { at: this.#at });
    this.#at += length;
    return new Uint8Array(
      this.#view.buffer,
      this.#view.byteOffset + this.#at - length,
      length,
    ).slice();
  }
}

function writeHostRow(writer: Writer, row: HostRow): void {
  for (const field of hostFields) writer.word(row[field]);
}

function readHostRow(reader: Reader): HostRow {
  const entries = hostFields.map((field) => [field, reader.word()]);
  return Object.fromEntries(entries) as HostRow;
}

/** A whole proof from what `encodeSegment` made of each segment, in order. */
export function encodeSlotProof(segments: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  writer.word(version);
  writer.word(segments.length);
  return concatBytes(writer.finish(new Uint8Array()), ...segments);
}

/** A segment's evidence and behind it the STARK's bytes. */
export function encodeSegment(evidence: Evidence, stark: Uint8Array): Uint8Array {
  const writer = new Writer();
  const { uses, boundary, reception, end, carried } = evidence;
  writer.word(uses.length);
  for (const { place, count } of uses) {
    writer.word(place);
    writer.word(count);
  }
  const { indices, pre, post, siblings, times } = boundary;
  const after = new DataView(post.buffer, post.byteOffset, post.length);
  writer.word(indices.length);
  indices.forEach((index, chunk) => {
    const own = times.subarray(chunk * chunkWords, (chunk + 1) * chunkWords);
    writer.word(index);
    writer.bytes(pre.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes));
    // The page count's chunk says what it becomes without a time.
    const changed = Array.from(own, (time, word) => time > 0 || differs(pre, post, chunk, word));
    writer.word(changed.reduce((mask, is, word) => mask + (is ? 2 ** word : 0), 0));
    changed.forEach((is, word) => {
      if (!is) return;
      writer.word(own[word]!);
      writer.word(after.getUint32(chunk * chunkBytes + 4 * word, true));
    });
  });
  writer.word(siblings.length / 4);
  writer.bytes(siblings);
  writer.word(reception === null ? 0 : 1);
  if (reception !== null) {
    writeHostRow(writer, reception.row);
    writer.word(reception.oldWords.length);
    reception.oldWords.forEach((word, i) => {
      writer.word(word);
      writer.word(reception.oldTimes[i]!);
    });
  }
  writeHostRow(writer, end);
  writer.word(carried.cells.length);
  carried.cells.forEach((cell, i) => {
    for (const word of [cell, carried.times[i]!, carried.lows[i]!, carried.highs[i]!]) {
      writer.word(word);
    }
  });
  writer.word(stark.length);
  return writer.finish(stark);
}

function differs(pre: Uint8Array, post: Uint8Array, chunk: number, word: number): boolean {
  const at = chunk * chunkBytes + 4 * word;
  return [0, 1, 2, 3].some((i) => pre[at + i] !== post[at + i]);
}

function readBoundary(reader: Reader): Evidence["boundary"] {
  const count = reader.count(chunksMax, 4 + chunkBytes + 4);
  const indices = new Uint32Array(count);
  const pre = new Uint8Array(count * chunkBytes);
  const post = new Uint8Array(count * chunkBytes);
  const times = new Uint32Array(count * chunkWords);
  const after = new DataView(post.buffer);
  for (let chunk = 0; chunk < count; chunk++) {
    indices[chunk] = reader.word();
    const bytes = reader.bytes(chunkBytes);
    pre.set(bytes, chunk * chunkBytes);
    post.set(bytes, chunk * chunkBytes);
    const mask = reader.word();
    demand(mask < 2 ** chunkWords, "PROOF_ENCODING", { mask });
    for (let word = 0; word < chunkWords; word++) {
      if (((mask >>> word) & 1) === 0) continue;
      const time = reader.word();
      times[chunk * chunkWords + word] = time;
      after.setUint32(chunk * chunkBytes + 4 * word, reader.word(), true);
      // One way of writing it: what is named was touched, or is another page count.
      demand(time > 0 || differs(pre, post, chunk, word), "PROOF_ENCODING", { chunk, word });
    }
  }
  const siblingWords = reader.count(24 * chunksMax * chunkWords, 4);
  return { indices, pre, post, siblings: reader.bytes(4 * siblingWords), times };
}

function readCarried(reader: Reader): CarriedCells {
  const count = reader.count(carriedMax, 16);
  const [cells, times, lows, highs] = [0, 1, 2, 3].map(() => new Uint32Array(count)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  for (let i = 0; i < count; i++) {
    for (const list of [cells, times, lows, highs]) list[i] = reader.word();
  }
  return { cells, times, lows, highs };
}

/** A segment as it is read. */
export interface SegmentProof {
  readonly evidence: Evidence;
  readonly stark: Uint8Array;
}

/**
 * Reads a slot's proof: how many segments it has, and each of them when it is asked for. Throws
 * `SlotRefusal` where it is none, at the latest behind the last segment.
 */
export function decodeSlotProof(bytes: Uint8Array): {
  readonly count: number;
  readonly segments: Iterable<SegmentProof>;
} {
  const reader = new Reader(bytes);
  demand(reader.word() === version, "PROOF_ENCODING", { expected: version });
  const count = reader.word();
  demand(count >= 1 && count <= segmentsMax, "PROOF_ENCODING", { segments: count });
  return { count, segments: readSegments(reader, count, bytes.length) };
}

function* readSegments(reader: Reader, count: number, length: number): Generator<SegmentProof> {
  for (let index = 0; index < count; index++) {
    const evidence = readEvidence(reader);
    const stark = reader.bytes(reader.count(starkBytesMax, 1));
    yield { evidence, stark };
  }
  demand(reader.at === length, "PROOF_ENCODING", { expected: length, got: reader.at });
}

function readEvidence(reader: Reader): Evidence {
  const useCount = reader.count(usesMax, 8);
  const uses = Array.from({ length: useCount }, () => ({
    place: reader.word(),
    count: reader.word(),
  }));
  const boundary = readBoundary(reader);
  const isReceived = reader.word();
  demand(isReceived <= 1, "PROOF_ENCODING", { isReceived });
  let reception: Evidence["reception"] = null;
  if (isReceived === 1) {
    const row = readHostRow(reader);
    const words = reader.count(inboxWordsMax, 8);
    const oldWords = new Uint32Array(words);
    const oldTimes = new Uint32Array(words);
    for (let i = 0; i < words; i++) {
      oldWords[i] = reader.word();
      oldTimes[i] = reader.word();
    }
    reception = { row, oldWords, oldTimes };
  }
  const end = readHostRow(reader);
  return { uses, boundary, reception, end, carried: readCarried(reader) };
}
