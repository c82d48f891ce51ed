/**
 * A slot's proof as bytes (spec/14-zkvm.md §6): little-endian words, every list after its length, then
 * the STARK. Of a chunk's words only the touched ones have a time and a value after.
 *
 * @module
 */

import { chunkBytes } from "../state/layout.ts";
import { chunkWords, type Evidence, type HostRow, hostFields } from "./evidence.ts";
import { demand } from "./refusal.ts";

/** The encoding's version. */
const version = 1;

/** Bounds on lists, checked before anything is allocated from them. */
const usesMax: number = 2 ** 20;
const chunksMax: number = 2 ** 17;
const inboxWordsMax: number = 2 ** 18;

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

/** The evidence and behind it the STARK's bytes. */
export function encodeSlotProof(evidence: Evidence, stark: Uint8Array): Uint8Array {
  const writer = new Writer();
  const { uses, boundary, reception, end } = evidence;
  writer.word(version);
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
      times[chunk * chunkWords + word] = reader.word();
      after.setUint32(chunk * chunkBytes + 4 * word, reader.word(), true);
    }
  }
  const siblingWords = reader.count(24 * chunksMax * chunkWords, 4);
  return { indices, pre, post, siblings: reader.bytes(4 * siblingWords), times };
}

/** Reads a slot's proof; throws `SlotRefusal` where it is none. */
export function decodeSlotProof(bytes: Uint8Array): {
  readonly evidence: Evidence;
  readonly stark: Uint8Array;
} {
  const reader = new Reader(bytes);
  demand(reader.word() === version, "PROOF_ENCODING", { expected: version });
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
  return { evidence: { uses, boundary, reception, end }, stark: bytes.slice(reader.at) };
}
