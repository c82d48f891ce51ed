/**
 * Where a key's passphrase comes from: a terminal, without echo, or a file as closed as the key's.
 * Never from the command line or the environment, which other processes can read.
 *
 * @module
 */

import { StringDecoder } from "node:string_decoder";
import { CodedError } from "../base/error.ts";
import { type PassphraseSource, readSecretFile } from "./keyfile.ts";

export type PassphraseErrorCode =
  | "PASSPHRASE_NO_TERMINAL"
  | "PASSPHRASE_CANCELLED"
  | "PASSPHRASE_TOO_LONG"
  | "PASSPHRASES_DIFFER";

export class PassphraseError extends CodedError<PassphraseErrorCode> {
  override readonly name = "PassphraseError";
}

/** The two streams of a terminal; `process.stdin` and `process.stderr` are one. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & {
    readonly isTTY?: boolean;
    setRawMode?(mode: boolean): unknown;
  };
  readonly output: NodeJS.WritableStream;
}

const passphraseCharactersMax = 1024;

/** Reads the passphrase from a file of mode 0600: its first line, without the line's end. */
export function passphraseFromFile(path: string): PassphraseSource {
  return async () => {
    const text = await readSecretFile(path, passphraseCharactersMax);
    return /^[^\r\n]*/.exec(text)?.[0] ?? "";
  };
}

/** Asks for the passphrase of an existing key. */
export function passphraseFromTerminal(terminal: Terminal, prompt: string): PassphraseSource {
  return () => ask(terminal, prompt);
}

/** Asks for the passphrase of a new key, twice, as nobody sees what they type. */
export function newPassphraseFromTerminal(terminal: Terminal, prompt: string): PassphraseSource {
  return async () => {
    const first = await ask(terminal, prompt);
    if ((await ask(terminal, "Again: ")) !== first) throw new PassphraseError("PASSPHRASES_DIFFER");
    return first;
  };
}

async function ask(terminal: Terminal, prompt: string): Promise<string> {
  const { input, output } = terminal;
  if (input.isTTY !== true || input.setRawMode === undefined) {
    throw new PassphraseError("PASSPHRASE_NO_TERMINAL");
  }
  output.write(prompt);
  // Raw mode shows nothing of what is typed, and leaves Enter, Backspace and Ctrl-C to us.
  input.setRawMode(true);
  try {
    return await readLine(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write("\n");
  }
}

/** What a key does to the line so far, or how it ends it. */
function typed(line: readonly string[], key: string): readonly string[] | "enter" | "cancel" {
  switch (key) {
    case "\r":
    case "\n":
      return "enter";
    case "\u0003": // Ctrl-C
    case "\u0004": // Ctrl-D
      return "cancel";
    case "\u007f": // Backspace on most terminals
    case "\b":
      return line.slice(0, -1);
    default:
      return [...line, key];
  }
}

function readLine(input: Terminal["input"]): Promise<string> {
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder("utf8");
    let line: readonly string[] = [];
    const stop = (): void => {
      input.off("data", onBytes);
      input.off("end", onEnd);
    };
    const fail = (code: PassphraseErrorCode): void => {
      stop();
      reject(new PassphraseError(code));
    };
    const onEnd = (): void => fail("PASSPHRASE_CANCELLED");
    const onBytes = (bytes: Buffer | string): void => {
      const keys = Array.from(typeof bytes === "string" ? bytes : decoder.write(bytes));
      for (const [index, key] of keys.entries()) {
        const next = typed(line, key);
        if (next === "cancel") {
          fail("PASSPHRASE_CANCELLED");
          return;
        }
        if (next === "enter") {
          stop();
          // What was typed ahead belongs to the next question; CR LF is one line's end.
          const rest = keys
            .slice(index + 1)
            .join("")
            .replace(/^\n/, "");
          input.pause();
          if (rest !== "") input.unshift(Buffer.from(rest));
          resolve(line.join(""));
          return;
        }
        line = next;
        if (line.length > passphraseCharactersMax) {
          fail("PASSPHRASE_TOO_LONG");
          return;
        }
      }
    };
    input.on("data", onBytes);
    input.once("end", onEnd);
    input.resume();
  });
}
