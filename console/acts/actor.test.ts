import { expect, test } from "vitest";
import { toBase64url } from "../../src/base/bytes.ts";
import type { Fetch } from "../../src/client/unit-call.ts";
import { createIdentity } from "../../src/crypto/identity.ts";
import { decodeKeyText, encodeKeyText } from "../../src/crypto/key-encryption.ts";
import { idText } from "../../src/protocol/ids.ts";
import { bodyRecord } from "../../src/protocol/message.ts";
import type { Units } from "./act-calls.ts";
import { type Acts, createActs } from "./actor.ts";

const cost = { logN: 14, r: 8, p: 1 };
const network = toBase64url(new Uint8Array(32).fill(1));
const process = toBase64url(new Uint8Array(32).fill(2));
const draft = { action: "Increment", tags: [{ name: "X-Note", value: "one" }], data: "" };
const units: Units = {
  messenger: "http://messenger.test",
  schedulers: ["http://scheduler.test"],
  computes: ["http://compute.test"],
};

/** Units that say who they are and nothing else. */
const strangers: Fetch = (url) => {
  const role = new URL(url).hostname.split(".", 1)[0] ?? "";
  return Promise.resolve(Response.json({ role, network, address: process }));
};

const unheard = (): void => undefined;
const { signal } = new AbortController();
const prepare = (acts: Acts) => acts.prepare({ units, process, draft }, unheard, signal);
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "none",
    (error: { readonly code?: string }) => error.code ?? "no code",
  );

test("a new key is unlocked, and its text is a key file that its passphrase alone opens", async () => {
  const acts = createActs({ cost, fetch: strangers });
  const { address, text } = await acts.createKey({ passphrase: "correct horse" }, unheard, signal);
  const seed = await decodeKeyText(text, "correct horse");
  expect(seed.length).toBe(32);
  expect(text).toContain(address);
  expect(text).not.toContain(toBase64url(seed));
  expect(await codeOf(decodeKeyText(text, "wrong horse"))).toBe("KEY_PASSPHRASE_WRONG");
  const { body } = await prepare(acts);
  expect(idText(bodyRecord.decode(body).owner.id)).toBe(address);
});

test("a locked key signs nothing, and unlocking takes its own passphrase", async () => {
  const acts = createActs({ cost, fetch: strangers });
  expect(await codeOf(prepare(acts))).toBe("KEY_LOCKED");
  const { address, text } = await acts.createKey({ passphrase: "one" }, unheard, signal);
  await acts.lock(null, unheard, signal);
  expect(await codeOf(prepare(acts))).toBe("KEY_LOCKED");
  const wrong = acts.unlock({ text, passphrase: "two" }, unheard, signal);
  expect(await codeOf(wrong)).toBe("KEY_PASSPHRASE_WRONG");
  expect(await codeOf(prepare(acts))).toBe("KEY_LOCKED");
  expect(await acts.unlock({ text, passphrase: "one" }, unheard, signal)).toBe(address);
  expect(await codeOf(prepare(acts))).toBe("none");
});

test("a key that is locked while its passphrase is tried stays locked", async () => {
  const acts = createActs({ cost, fetch: strangers });
  const { text } = await acts.createKey({ passphrase: "one" }, unheard, signal);
  const opening = acts.unlock({ text, passphrase: "one" }, unheard, signal);
  await acts.lock(null, unheard, signal);
  await opening;
  expect(await codeOf(prepare(acts))).toBe("KEY_LOCKED");
});

test("a key file in clear is kept encrypted, an encrypted one as it is", async () => {
  const acts = createActs({ cost, fetch: strangers });
  const { seed, address } = createIdentity();
  const clear = await encodeKeyText(seed, null);
  const kept = await acts.importKey({ text: clear, passphrase: "new" }, unheard, signal);
  expect(kept.address).toBe(idText(address));
  expect(kept.text).not.toContain(toBase64url(seed));
  expect(await decodeKeyText(kept.text, "new")).toEqual(seed);

  const again = await acts.importKey({ text: kept.text, passphrase: "new" }, unheard, signal);
  expect(again).toEqual(kept);
  const wrong = acts.importKey({ text: kept.text, passphrase: "other" }, unheard, signal);
  expect(await codeOf(wrong)).toBe("KEY_PASSPHRASE_WRONG");
  const noKey = acts.importKey({ text: "{}", passphrase: "new" }, unheard, signal);
  expect(await codeOf(noKey)).toBe("KEY_TEXT_INVALID");
});

test("a message that is sent again is the same bytes", async () => {
  const bodies: unknown[] = [];
  const busy: Fetch = (url, init) => {
    if (init.method !== "POST") return strangers(url, init);
    bodies.push(init.body);
    return Promise.resolve(Response.json({ code: "REFUSED" }, { status: 400 }));
  };
  const acts = createActs({ cost, fetch: busy });
  await acts.createKey({ passphrase: "one" }, unheard, signal);
  const message = await prepare(acts);
  // As it comes back from the page.
  const copy = structuredClone(message);
  for (const one of [message, copy]) {
    expect(await codeOf(acts.submit({ units, message: one }, unheard, signal))).toBe("REFUSED");
  }
  expect(bodies.length).toBe(2);
  expect(bodies[1]).toEqual(bodies[0]);
});

test("what is left empty is not in the message", async () => {
  const acts = createActs({ cost, fetch: strangers });
  await acts.createKey({ passphrase: "one" }, unheard, signal);
  const bodyOf = async (given: typeof draft) =>
    bodyRecord.decode((await acts.prepare({ units, process, draft: given }, unheard, signal)).body);
  expect((await bodyOf(draft)).tags).toEqual([
    { name: "Action", value: "Increment" },
    ...draft.tags,
  ]);
  const empty = await bodyOf({ action: "", tags: [], data: "" });
  expect(empty).toMatchObject({ tags: [], dataHash: null, dataSize: 0 });
});

test("a file that is no receipt has a verdict, and one line", async () => {
  const lines: string[] = [];
  const { verdict } = await createActs().verifyFile(
    { receipt: Uint8Array.of(1, 2, 3), expected: { network, witnesses: [] } },
    ({ name, status }) => lines.push(`${name} ${status}`),
    signal,
  );
  expect(lines).toEqual(["encoding invalid"]);
  expect(verdict).toMatchObject({ ok: false, levels: [], process: null });
});
