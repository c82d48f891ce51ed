import { expect, test } from "vitest";
import { fromBase64 } from "../base/base64.ts";
import { toHex, utf8Bytes } from "../base/bytes.ts";
import { formatNote, parseNote, parseSignatureLines } from "./signed-note.ts";

/** The example of C2SP signed-note v1.0.0. */
const published = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

/** That of its introduction, whose text holds an empty line. */
const poem = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;

test("the published notes are read as what they say and written as they were", () => {
  const note = parseNote(utf8Bytes(published));
  expect(note.text).toBe("This is an example message.\n");
  expect(note.signatures.map(({ name }) => name)).toEqual(["example.com/foo"]);
  expect(toHex(note.signatures[0]!.keyId)).toBe("530d903a");
  expect(note.signatures[0]!.signature).toHaveLength(64);
  expect(formatNote(note)).toBe(published);
  expect(parseNote(utf8Bytes(poem)).text.split("\n")).toHaveLength(5);
  expect(formatNote(parseNote(utf8Bytes(poem)))).toBe(poem);
});

test.each([
  ["no empty line", published.replace("\n\n", "\n")],
  ["no signature", "text\n\n"],
  ["no newline at the end", published.slice(0, -1)],
  ["a hyphen for the dash", published.replace("—", "-")],
  ["a name with a plus", published.replace("example.com/foo", "example.com+foo")],
  ["a name with a space", published.replace("example.com/foo", "example.com foo")],
  ["no name", published.replace("example.com/foo ", "")],
  ["base64 that is cut", published.replace("aQM=", "aQM")],
  ["another spelling of the same bytes", published.replace("aQM=", "aQN=")],
  ["base64url", published.replace("aQM=", "a_M=")],
  ["a key id alone", published.replace(/Uw2Q\S+/, "Uw2QOg==")],
  ["a tab", published.replace("This is", "This\tis")],
  ["a carriage return", published.replace("message.\n", "message.\r\n")],
  ["an empty line between the signatures", `${published}\n`],
])("a note with %s is refused", (_, text) => {
  expect(() => parseNote(utf8Bytes(text))).toThrow(/^NOTE_MALFORMED/);
});

test("a note of 32 signatures is read, one of 33 is refused, and so is one that is no UTF-8", () => {
  const line = published.slice(published.indexOf("—"));
  expect(parseSignatureLines(line.repeat(32))).toHaveLength(32);
  expect(() => parseSignatureLines(line.repeat(33))).toThrow(/^NOTE_MALFORMED/);
  const bytes = utf8Bytes(published);
  bytes[3] = 0xff;
  expect(() => parseNote(bytes)).toThrow(/^NOTE_MALFORMED/);
  expect(() => parseNote(new Uint8Array(200_000).fill(65))).toThrow(/^NOTE_MALFORMED/);
});

test("base64 takes one spelling of bytes", () => {
  expect(fromBase64("AAE=")).toEqual(Uint8Array.of(0, 1));
  for (const text of ["AAE", "AAE==", "AAF=", "AAE-", "A", "====", "AA=E"]) {
    expect(fromBase64(text)).toBeNull();
  }
});
