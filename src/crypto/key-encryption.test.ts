import fc from "fast-check";
import { expect, test } from "vitest";
import { toBase64url } from "../base/bytes.ts";
import { systemRandom } from "../base/random.ts";
import { identityFromSeed } from "./identity.ts";
import { decodeKeyText, encodeKeyText, isKeyTextEncrypted } from "./key-encryption.ts";

const seed = new Uint8Array(32).map((_, index) => index);
const cost = { logN: 14, r: 8, p: 1 };
const protection = { passphrase: "correct horse", random: systemRandom, cost };
const encrypted = await encodeKeyText(seed, protection);
const clear = await encodeKeyText(seed, null);

function replaced(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
}

test("an encrypted seed comes back with its passphrase, and with no other", async () => {
  expect(await decodeKeyText(encrypted, "correct horse")).toEqual(seed);
  await expect(decodeKeyText(encrypted, "correct horsf")).rejects.toThrow("KEY_PASSPHRASE_WRONG");
  await expect(decodeKeyText(encrypted, "")).rejects.toThrow("KEY_PASSPHRASE_EMPTY");
  await expect(decodeKeyText(encrypted, null)).rejects.toThrow("KEY_PASSPHRASE_MISSING");
});

test("one passphrase typed in two Unicode forms is one passphrase", async () => {
  const composed = await encodeKeyText(seed, { ...protection, passphrase: "caf\u00e9" });
  expect(await decodeKeyText(composed, "cafe\u0301")).toEqual(seed);
});

test("shows the address and whether the seed is in clear", async () => {
  const address = toBase64url(identityFromSeed(seed).address);
  expect(JSON.parse(encrypted)).toMatchObject({ address, encryption: { logN: 14 } });
  expect(JSON.parse(clear)).toMatchObject({ address, encryption: null });
  expect([isKeyTextEncrypted(encrypted), isKeyTextEncrypted(clear)]).toEqual([true, false]);
  expect(encrypted).not.toContain(toBase64url(seed));
  expect(await decodeKeyText(clear, null)).toEqual(seed);
});

test("encrypts with a new salt and nonce each time", async () => {
  const again = await encodeKeyText(seed, protection);
  for (const member of ["salt", "nonce"]) {
    const read = (text: string) => (JSON.parse(text) as { encryption: object }).encryption;
    expect(Reflect.get(read(again), member)).not.toBe(Reflect.get(read(encrypted), member));
  }
});

test("refuses scrypt parameters that cost too much or too little before it pays for them", async () => {
  const hostile = [
    [/"logN": 14/, '"logN": 19'],
    [/"logN": 14/, '"logN": 40'],
    [/"logN": 14/, '"logN": 1'],
    [/"logN": 14/, '"logN": 14.5'],
    [/"logN": 14/, '"logN": 1e308'],
    [/"r": 8/, '"r": 1073741824'],
    [/"p": 1/, '"p": 1000000'],
    [/"p": 1/, '"p": 0'],
  ] as const;
  for (const [from, to] of hostile) {
    const text = replaced(encrypted, from, to);
    const started = performance.now();
    await expect(decodeKeyText(text, "correct horse"), to).rejects.toThrow(
      "KEY_PARAMETERS_REFUSED",
    );
    expect(performance.now() - started, to).toBeLessThan(50);
  }
  const strong = { ...protection, cost: { logN: 19, r: 8, p: 1 } };
  await expect(encodeKeyText(seed, strong)).rejects.toThrow("KEY_PARAMETERS_REFUSED");
});

test("authenticates the parameters and the address beside the seed", async () => {
  const otherAddress = toBase64url(identityFromSeed(new Uint8Array(32)).address);
  const changes = [
    replaced(encrypted, /"address": "[^"]*"/, `"address": "${otherAddress}"`),
    replaced(encrypted, /"p": 1/, '"p": 2'),
    replaced(encrypted, /"nonce": "[^"]*"/, `"nonce": "${toBase64url(new Uint8Array(24))}"`),
    replaced(encrypted, /"salt": "[^"]*"/, `"salt": "${toBase64url(new Uint8Array(32))}"`),
  ];
  for (const text of changes) {
    await expect(decodeKeyText(text, "correct horse")).rejects.toThrow("KEY_PASSPHRASE_WRONG");
  }
  const swapped = replaced(clear, /"address": "[^"]*"/, `"address": "${otherAddress}"`);
  await expect(decodeKeyText(swapped, null)).rejects.toThrow("KEY_ADDRESS_MISMATCH");
});

test("refuses every other spelling of a text", async () => {
  const spellings = [
    replaced(clear, "\n", ""),
    replaced(clear, "\n", "\r\n"),
    replaced(clear, /\n$/, ""),
    `${clear}\n`,
    `\ufeff${clear}`,
    replaced(clear, "{", '{\n  "extra": 1,'),
    replaced(clear, "key/v1", "key/v2"),
    replaced(encrypted, '"r": 8', '"r": 8.0'),
    replaced(encrypted, "xchacha20poly1305", "none"),
    replaced(clear, /"seed": "[^"]*"/, '"seed": 5'),
    replaced(clear, /"seed": "[^"]*"/, '"seed": "AAAA"'),
    replaced(encrypted, /"salt": "[^"]*"/, '"salt": "AAAA"'),
    replaced(encrypted, /"nonce": "[^"]*"/, '"nonce": ""'),
    replaced(encrypted, /"encryption": \{[^}]*\}/, '"encryption": 7'),
    JSON.stringify({ ...(JSON.parse(clear) as object), seed: "A".repeat(2000) }, null, 2),
    ...["", "null", "[]", "7", "{", '"text"', "[".repeat(900)],
  ];
  for (const text of spellings) {
    await expect(decodeKeyText(text, "p"), text).rejects.toThrow("KEY_TEXT_INVALID");
  }
});

test("an error about a broken text does not quote the seed in it", async () => {
  const broken = replaced(clear, "}", "");
  const error = await decodeKeyText(broken, null).catch((thrown: unknown) => thrown as Error);
  expect(error).toBeInstanceOf(Error);
  const shown = `${String(error)} ${String((error as Error).cause)}`;
  for (let start = 0; start < 30; start += 5) {
    expect(shown).not.toContain(toBase64url(seed).slice(start, start + 8));
  }
});

test("property: a clear text gives its seed back, and changing any character is noticed", async () => {
  const property = fc.asyncProperty(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.nat(),
    fc.constantFrom("A", "0", " ", '"'),
    async (anySeed, position, replacement) => {
      const text = await encodeKeyText(anySeed, null);
      expect(await decodeKeyText(text, null)).toEqual(anySeed);
      const at = position % text.length;
      const changed = text.slice(0, at) + replacement + text.slice(at + 1);
      if (changed !== text) await expect(decodeKeyText(changed, null)).rejects.toThrow(/^KEY_/);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});
