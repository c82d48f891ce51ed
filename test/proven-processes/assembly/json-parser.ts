/**
 * A parser of JSON by recursive descent; it aborts on whatever is no JSON of integers. How deep a text
 * may nest is for the stack limit to say.
 *
 * @module
 */

import { guard } from "nymcompute/sdk";
import { JsonValue } from "./json-value";

/** The value that the whole text is. */
export function parseJson(text: string): JsonValue {
  const parser = new JsonParser(text);
  const value = parser.value();
  parser.end();
  return value;
}

class JsonParser {
  private at: i32 = 0;

  constructor(private readonly source: string) {}

  value(): JsonValue {
    this.skipSpace();
    const first = this.peek();
    if (first == 0x7b) return this.object();
    if (first == 0x5b) return this.array();
    if (first == 0x22) return JsonValue.text(this.text());
    if (first == 0x2d || isDigit(first)) return this.integer();
    if (this.take("true")) return JsonValue.literal("true");
    if (this.take("false")) return JsonValue.literal("false");
    guard(this.take("null"), "no JSON value begins so");
    return JsonValue.literal("null");
  }

  end(): void {
    this.skipSpace();
    guard(this.at == this.source.length, "text after the JSON value");
  }

  private object(): JsonValue {
    const object = JsonValue.object();
    this.at += 1;
    this.skipSpace();
    if (this.take("}")) return object;
    do {
      this.skipSpace();
      guard(this.peek() == 0x22, "a key is a text");
      object.keys.push(this.text());
      this.skipSpace();
      guard(this.take(":"), "a colon follows a key");
      object.items.push(this.value());
      this.skipSpace();
    } while (this.take(","));
    guard(this.take("}"), "an object ends with a brace");
    return object;
  }

  private array(): JsonValue {
    const array = JsonValue.array();
    this.at += 1;
    this.skipSpace();
    if (this.take("]")) return array;
    do {
      array.items.push(this.value());
      this.skipSpace();
    } while (this.take(","));
    guard(this.take("]"), "an array ends with a bracket");
    return array;
  }

  private integer(): JsonValue {
    const isNegative = this.take("-");
    guard(isDigit(this.peek()), "a number has digits");
    let value: i64 = 0;
    while (isDigit(this.peek())) {
      value = value * 10 + (this.peek() - 48);
      this.at += 1;
    }
    return JsonValue.integer(isNegative ? -value : value);
  }

  private text(): string {
    let text = "";
    this.at += 1;
    let from = this.at;
    for (;;) {
      const unit = this.peek();
      guard(unit >= 32, "a text ends with a quotation mark");
      if (unit == 0x22) break;
      this.at += 1;
      if (unit != 0x5c) continue;
      text += this.source.substring(from, this.at - 1) + this.escape();
      from = this.at;
    }
    this.at += 1;
    return text + this.source.substring(from, this.at - 1);
  }

  private escape(): string {
    const unit = this.peek();
    this.at += 1;
    if (unit == 0x6e) return "\n";
    if (unit == 0x74) return "\t";
    if (unit == 0x75) {
      const code = <i32>U32.parseInt(this.source.substring(this.at, this.at + 4), 16);
      this.at += 4;
      return String.fromCharCode(code);
    }
    guard(unit == 0x22 || unit == 0x5c || unit == 0x2f, "no escape is so");
    return String.fromCharCode(unit);
  }

  private skipSpace(): void {
    while (this.peek() == 0x20 || this.peek() == 0x0a) this.at += 1;
  }

  /** The next code unit; -1 at the end. */
  private peek(): i32 {
    return this.at < this.source.length ? this.source.charCodeAt(this.at) : -1;
  }

  private take(word: string): bool {
    if (this.source.substr(this.at, word.length) != word) return false;
    this.at += word.length;
    return true;
  }
}

function isDigit(unit: i32): bool {
  return unit >= 48 && unit <= 57;
}
