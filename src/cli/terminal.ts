/**
 * Where a command speaks: its result on stdout, everything else on stderr. The progress line is for
 * people: it is there only where stderr is a terminal, and it leaves nothing behind.
 *
 * @module
 */

/** The part of the machine that commands speak to. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Writes to stdout: the command's result. */
  readonly write: (text: string) => void;
  /** Writes a line to stderr. */
  readonly note: (line: string) => void;
  /** Shows what is being done, in place of what was shown before; null takes it away. */
  readonly progress: (text: string | null) => void;
}

/** The streams of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write("\r\u001b[K");
    shown = false;
  };
  return {
    env: process.env,
    folder: process.cwd(),
    write: (text) => {
      clear();
      stdout.write(text);
    },
    note: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    progress: (text) => {
      if (stderr.isTTY !== true) return;
      clear();
      if (text === null) return;
      stderr.write(text.slice(0, Math.max(20, (stderr.columns ?? 80) - 1)));
      shown = true;
    },
  };
}
