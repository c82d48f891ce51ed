/**
 * Reads canonical bytes (spec/02-encoding.md) one value after the other. The whole is checked once,
 * before the first value is read; after that a read fails only where the value is of another kind
 * than the one asked for.
 *
 * @module
 */

import { Address } from "./address";
import { headEnd, headValue, isCanonicalAt, Kind, readHead } from "./canonical";
import { loadUtf8 } from "./utf8";

/** A position in canonical bytes. */
@final
export class Reader {
  private position: usize;
  private readonly end: usize;

  /** Aborts where the bytes are not canonical; ask `Reader.isCanonical` first to answer instead. */
  constructor(private readonly source: Uint8Array) {
    assert(Reader.isCanonical(source), "the bytes are not canonical");
    this.position = source.dataStart;
    this.end = this.position + <usize>source.length;
  }

  /** True if the bytes are one canonical value and nothing else. */
  static isCanonical(bytes: Uint8Array): bool {
    return isCanonicalAt(bytes.dataStart, bytes.length);
  }

  /** True if the next value is nil, which it then passes over. */
  isNil(): bool {
    if (this.position >= this.end || load<u8>(this.position) != 0xc0) return false;
    this.position += 1;
    return true;
  }

  bool(): bool {
    this.expect(Kind.Bool, "a boolean was expected");
    return headValue != 0;
  }

  uint(): u64 {
    this.expect(Kind.Uint, "an unsigned integer was expected");
    return headValue;
  }

  text(): string {
    this.expect(Kind.Text, "text was expected");
    return loadUtf8(this.content(), <i32>headValue);
  }

  /** A copy of a byte string. */
  bytes(): Uint8Array {
    this.expect(Kind.Bytes, "a byte string was expected");
    const content = this.content();
    const copy = new Uint8Array(<i32>headValue);
    memory.copy(copy.dataStart, content, <usize>copy.length);
    return copy;
  }

  /** A byte string of 32 bytes. */
  address(): Address {
    this.expect(Kind.Bytes, "the 32 bytes of an address were expected");
    assert(headValue == 32, "an address has 32 bytes");
    return Address.load(this.content());
  }

  /** The number of values of an array, which are read next. */
  array(): i32 {
    this.expect(Kind.Array, "an array was expected");
    return <i32>headValue;
  }

  /** Aborts unless everything was read. */
  finish(): void {
    assert(this.position == this.end, "there are more values than were read");
  }

  private expect(kind: Kind, text: string): void {
    assert(readHead(this.position, this.end) == kind, text);
    this.position = headEnd;
  }

  /** Where the content of text or a byte string begins; passes over it. */
  private content(): usize {
    const content = this.position;
    this.position = content + <usize>headValue;
    return content;
  }
}
