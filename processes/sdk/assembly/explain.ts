/**
 * What the test kit's explaining build is made with: a failed assertion that tells the values on both
 * sides. That build rewrites the conditions of assertions to pass through `note` and their texts through
 * `shown`; no module that is deployed holds any of this.
 *
 * @module
 */

import { jsonText } from "./json";

/** Characters of one value that are shown: an abort's text has a thousand. */
const valueMax: i32 = 160;

class Note {
  text(): string {
    return "";
  }
}

@final
class NoteOf<T> extends Note {
  constructor(readonly value: T) {
    super();
  }

  text(): string {
    return textOf<T>(this.value);
  }
}

/** The values of each assertion when it was last checked, by their numbers. */
const notes = new Map<string, Map<string, Note>>();

/** Remembers a value of an assertion, the first of which is number 0, and hands it on. */
export function note<T>(assertion: string, number: string, value: T): T {
  if (number == "0") notes.set(assertion, new Map<string, Note>());
  notes.get(assertion).set(number, new NoteOf<T>(value));
  return value;
}

/** The text of an assertion with its values: in `template` every other piece is a value's number. */
export function shown(assertion: string, text: string | null, template: string): string {
  let said = text ? text : "assertion failed";
  const pieces = template.split("\u0001");
  const found = notes.has(assertion) ? notes.get(assertion) : new Map<string, Note>();
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at];
    if (at % 2 == 0) said += piece;
    else said += found.has(piece) ? cut(found.get(piece).text()) : "(not evaluated)";
  }
  return said;
}

function cut(text: string): string {
  return text.length <= valueMax ? text : text.substring(0, valueMax) + "…";
}

function textOf<T>(value: T): string {
  if (isBoolean<T>()) {
    return value ? "true" : "false";
  } else if (isInteger<T>()) {
    return value.toString();
  } else if (isNullable<T>()) {
    if (changetype<usize>(value) == 0) return "null";
    return objectText<nonnull<T>>(changetype<nonnull<T>>(value));
  } else {
    return objectText<T>(value);
  }
}

function objectText<T>(value: T): string {
  if (isString<T>()) {
    return jsonText(changetype<string>(value));
  } else if (isArrayLike<T>()) {
    return listText<T>(value);
  } else if (isDefined(value.toString)) {
    return value.toString();
  } else {
    return nameof<T>();
  }
}

function listText<T>(value: T): string {
  let text = "[";
  for (let at = 0; at < value.length && text.length <= valueMax; at++) {
    if (at > 0) text += ", ";
    text += textOf<valueof<T>>(value[at]);
  }
  return text + "]";
}
