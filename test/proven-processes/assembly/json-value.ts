/**
 * A value of JSON: a literal, an integer, a text, an array or an object, whose keys keep their order.
 *
 * @module
 */

import { jsonText } from "nymcompute/sdk";

const enum Kind {
  Literal,
  Integer,
  Text,
  Array,
  Object,
}

export class JsonValue {
  private constructor(
    private readonly kind: Kind,
    private integer: i64,
    private readonly text: string,
    readonly keys: string[],
    readonly items: JsonValue[],
  ) {}

  /** `true`, `false` or `null`. */
  static literal(text: string): JsonValue {
    return new JsonValue(Kind.Literal, 0, text, [], []);
  }

  static integer(value: i64): JsonValue {
    return new JsonValue(Kind.Integer, value, "", [], []);
  }

  static text(value: string): JsonValue {
    return new JsonValue(Kind.Text, 0, value, [], []);
  }

  static array(): JsonValue {
    return new JsonValue(Kind.Array, 0, "", [], []);
  }

  static object(): JsonValue {
    return new JsonValue(Kind.Object, 0, "", [], []);
  }

  get isArray(): bool {
    return this.kind == Kind.Array;
  }

  /** Adds one to every number in it. */
  raise(): void {
    if (this.kind == Kind.Integer) this.integer += 1;
    for (let at = 0; at < this.items.length; at++) this.items[at].raise();
  }

  /** Orders the keys of all objects in it, by insertion: the lists are short. */
  sortKeys(): void {
    const keys = this.keys;
    const items = this.items;
    for (let at = 1; at < keys.length; at++) {
      const key = keys[at];
      const item = items[at];
      let place = at;
      while (place > 0 && keys[place - 1] > key) {
        keys[place] = keys[place - 1];
        items[place] = items[place - 1];
        place -= 1;
      }
      keys[place] = key;
      items[place] = item;
    }
    for (let at = 0; at < items.length; at++) items[at].sortKeys();
  }

  /** Appends the value's text, piece by piece. */
  write(parts: string[]): void {
    if (this.kind == Kind.Literal) parts.push(this.text);
    else if (this.kind == Kind.Integer) parts.push(this.integer.toString());
    else if (this.kind == Kind.Text) parts.push(jsonText(this.text));
    else {
      const isObject = this.kind == Kind.Object;
      parts.push(isObject ? "{" : "[");
      for (let at = 0; at < this.items.length; at++) {
        if (at > 0) parts.push(",");
        if (isObject) parts.push(jsonText(this.keys[at]) + ":");
        this.items[at].write(parts);
      }
      parts.push(isObject ? "}" : "]");
    }
  }
}
