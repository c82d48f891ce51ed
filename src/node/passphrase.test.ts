import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, test } from "vitest";
import {
  newPassphraseFromTerminal,
  passphraseFromFile,
  passphraseFromTerminal,
} from "./passphrase.ts";

const folder = mkdtempSync(join(tmpdir(), "nymcompute-passphrase-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A terminal whose user types `chunks`, and what it showed and in which modes it was. */
function typing(...chunks: readonly (string | Uint8Array)[]) {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => modes.push(mode),
  });
  const output = new PassThrough();
  for (const chunk of chunks) input.write(chunk);
  return { terminal: { input, output }, modes, shown: () => String(output.read() ?? "") };
}

test("reads a line without showing it, and puts the terminal back", async () => {
  const { terminal, modes, shown } = typing("sec", "ret\r");
  expect(await passphraseFromTerminal(terminal, "Passphrase: ")()).toBe("secret");
  expect(shown()).toBe("Passphrase: \n");
  expect(modes).toEqual([true, false]);
  expect(terminal.input.listenerCount("data")).toBe(0);
});

test("understands backspace and letters of several bytes, also in two pieces", async () => {
  const { terminal } = typing(
    "ab\u007f\u{1f511}\u{1f511}\b",
    Buffer.from([0xc3]),
    Buffer.from([0xa9, 13]),
  );
  expect(await passphraseFromTerminal(terminal, "")()).toBe("a\u{1f511}\u00e9");
});

test("Ctrl-C, Ctrl-D and the end of input cancel, and put the terminal back", async () => {
  for (const key of ["\u0003", "\u0004"]) {
    const { terminal, modes } = typing("secret", key);
    const asked = passphraseFromTerminal(terminal, "")();
    await expect(asked).rejects.toMatchObject({ code: "PASSPHRASE_CANCELLED" });
    expect(modes).toEqual([true, false]);
  }
  const { terminal } = typing("secret");
  terminal.input.end();
  const asked = passphraseFromTerminal(terminal, "")();
  await expect(asked).rejects.toMatchObject({ code: "PASSPHRASE_CANCELLED" });
});

test("a new passphrase is asked twice, also when it was typed ahead", async () => {
  for (const chunks of [["one\r", "one\r"], ["one\rone\r"], ["one\r\none\r\n"]]) {
    const { terminal, shown } = typing(...chunks);
    expect(await newPassphraseFromTerminal(terminal, "New: ")()).toBe("one");
    expect(shown()).toBe("New: \nAgain: \n");
  }
  const asked = newPassphraseFromTerminal(typing("one\r", "two\r").terminal, "")();
  await expect(asked).rejects.toMatchObject({ code: "PASSPHRASES_DIFFER" });
});

test("refuses to ask where nobody sits, and a line without end", async () => {
  const { terminal } = typing("secret\r");
  terminal.input.isTTY = false;
  const unattended = passphraseFromTerminal(terminal, "")();
  await expect(unattended).rejects.toMatchObject({ code: "PASSPHRASE_NO_TERMINAL" });
  const endless = passphraseFromTerminal(typing("x".repeat(2000)).terminal, "")();
  await expect(endless).rejects.toMatchObject({ code: "PASSPHRASE_TOO_LONG" });
});

test("takes the first line of a file that its owner alone can read", async () => {
  const path = join(folder, "passphrase");
  writeFileSync(path, "from a file \r\nsecond line\n", { mode: 0o600 });
  expect(await passphraseFromFile(path)()).toBe("from a file ");
  const open = join(folder, "open");
  writeFileSync(open, "x\n", { mode: 0o644 });
  await expect(passphraseFromFile(open)()).rejects.toMatchObject({ code: "KEY_FILE_EXPOSED" });
});
