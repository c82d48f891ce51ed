import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { systemRandom } from "../base/random.ts";
import { createKeyFile, readKeyFile } from "./keyfile.ts";

const folder = mkdtempSync(join(tmpdir(), "nymcompute-keyfile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const seed = new Uint8Array(32).fill(6);
const cost = { logN: 14, r: 8, p: 1 };
let files = 0;

function newPath(): string {
  return join(folder, `key-${files++}`);
}

async function clearKey(): Promise<string> {
  const path = newPath();
  await createKeyFile({ path, seed, passphrase: null, random: systemRandom });
  return path;
}

const unasked = (): Promise<string> => Promise.reject(new Error("nobody may be asked here"));

test("writes a key that only its owner can touch, and reads it back", async () => {
  const previous = process.umask(0);
  const path = await clearKey();
  process.umask(previous);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await readKeyFile(path, unasked)).toEqual({ seed, isEncrypted: false });
  expect(readFileSync(path, "utf8")).toContain('"encryption": null');
});

test("an encrypted key asks for its passphrase, once", async () => {
  const path = newPath();
  await createKeyFile({ path, seed, passphrase: "open sesame", random: systemRandom, cost });
  let asked = 0;
  const source = async (): Promise<string> => {
    asked++;
    return "open sesame";
  };
  expect(await readKeyFile(path, source)).toEqual({ seed, isEncrypted: true });
  expect(asked).toBe(1);
  const wrong = readKeyFile(path, async () => "open barley");
  await expect(wrong).rejects.toMatchObject({ code: "KEY_PASSPHRASE_WRONG" });
  await expect(readKeyFile(path, null)).rejects.toMatchObject({ code: "KEY_PASSPHRASE_MISSING" });
});

test("refuses a key that group or others may read or write, and changes nothing", async () => {
  const path = await clearKey();
  for (const mode of [0o640, 0o604, 0o644, 0o620, 0o602, 0o610, 0o777]) {
    chmodSync(path, mode);
    await expect(readKeyFile(path, null), mode.toString(8)).rejects.toMatchObject({
      code: "KEY_FILE_EXPOSED",
      fields: { expected: "600", got: mode.toString(8) },
    });
    expect(statSync(path).mode & 0o777).toBe(mode);
  }
  chmodSync(path, 0o400);
  expect(await readKeyFile(path, null)).toEqual({ seed, isEncrypted: false });
});

test("looks at the file behind a link, not at the link", async () => {
  const path = await clearKey();
  const alias = newPath();
  symlinkSync(path, alias);
  expect((await readKeyFile(alias, null)).seed).toEqual(seed);
  chmodSync(path, 0o644);
  await expect(readKeyFile(alias, null)).rejects.toMatchObject({ code: "KEY_FILE_EXPOSED" });
});

test("never replaces what is at the path, and leaves no draft behind", async () => {
  const path = await clearKey();
  const before = readFileSync(path);
  const other = { seed: new Uint8Array(32), passphrase: null, random: systemRandom };
  await expect(createKeyFile({ ...other, path })).rejects.toMatchObject({
    code: "KEY_FILE_EXISTS",
  });
  expect(readFileSync(path)).toEqual(before);
  const dangling = newPath();
  symlinkSync(join(folder, "nowhere"), dangling);
  const through = createKeyFile({ ...other, path: dangling });
  await expect(through).rejects.toMatchObject({ code: "KEY_FILE_EXISTS" });
  expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("of many writers at once one succeeds, and its key is whole", async () => {
  const path = newPath();
  const writers = Array.from({ length: 8 }, (_, index) =>
    createKeyFile({
      path,
      seed: new Uint8Array(32).fill(index),
      passphrase: null,
      random: systemRandom,
    }),
  );
  const results = await Promise.allSettled(writers);
  const winners = results.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
  expect(winners.length).toBe(1);
  expect((await readKeyFile(path, null)).seed).toEqual(new Uint8Array(32).fill(winners[0] ?? 255));
});

test("names what is missing, too large, no text, no file, or in no folder", async () => {
  await expect(readKeyFile(newPath(), null)).rejects.toMatchObject({ code: "KEY_FILE_MISSING" });
  const cases = [
    { bytes: Buffer.alloc(5000, 32), code: "KEY_FILE_TOO_LARGE" },
    { bytes: Buffer.from([0xff, 0xfe, 0x00]), code: "KEY_FILE_UNREADABLE" },
    { bytes: Buffer.from(""), code: "KEY_TEXT_INVALID" },
    { bytes: Buffer.from("{}\n"), code: "KEY_TEXT_INVALID" },
  ];
  for (const { bytes, code } of cases) {
    const path = newPath();
    writeFileSync(path, bytes, { mode: 0o600 });
    await expect(readKeyFile(path, null), code).rejects.toMatchObject({ code });
  }
  const path = join(folder, "no", "such", "folder", "key");
  const unwritable = createKeyFile({ path, seed, passphrase: null, random: systemRandom });
  await expect(unwritable).rejects.toMatchObject({ code: "KEY_FILE_UNWRITABLE" });
});

test("a folder is no key file, nor is a pipe that nobody writes to", async () => {
  const path = newPath();
  mkdirSync(path, { mode: 0o700 });
  await expect(readKeyFile(path, null)).rejects.toMatchObject({ code: "KEY_FILE_UNREADABLE" });
  const pipe = newPath();
  execFileSync("mkfifo", ["-m", "600", pipe]);
  await expect(readKeyFile(pipe, null)).rejects.toMatchObject({ code: "KEY_FILE_UNREADABLE" });
});
