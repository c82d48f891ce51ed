import { expect, test } from "vitest";
import { utf8Bytes } from "../src/base/bytes.ts";
import { systemClock } from "../src/base/clock.ts";
import type { UnitCaller } from "../src/client/unit-call.ts";
import { headKeyFromSeed } from "../src/crypto/head-key.ts";
import { parseAddCheckpoint } from "../src/log/add-checkpoint.ts";
import { cosign } from "../src/log/head.ts";
import { signatureLine } from "../src/log/signed-note.ts";
import { vkeyOf } from "../src/log/vkey.ts";
import { headKeyRecord } from "../src/protocol/head-key.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import { testIdentity } from "../src/testing/sender.ts";
import { SignedLog } from "../src/testing/signed-log.ts";
import { SignedHeads } from "./signed-heads.ts";
import { WitnessPush } from "./witness-push.ts";

const log = new SignedLog({ network: new Uint8Array(32).fill(5), scheduler: testIdentity(2) });
for (let i = 0; i < 80; i++) log.append(Uint8Array.of(i));
const { origin, headKey } = headKeyRecord.decode(log.headKey);

/** A witness that answers one request each time that the test says so. */
class SlowWitness implements UnitCaller {
  readonly url: string = "http://witness.test";
  readonly cosigner;
  readonly #key;
  #known = 0;
  #answer: (() => void) | null = null;

  constructor(seed: number) {
    this.#key = headKeyFromSeed(new Uint8Array(32).fill(seed));
    this.cosigner = { name: `nymcompute/witness/${seed}`, publicKey: this.#key.publicKey };
  }

  /** Answers the request that waits; a turn later the next one does. */
  async answer(): Promise<void> {
    this.#answer?.();
    await systemClock.sleep(2, new AbortController().signal);
  }

  async call({ method, path, body }: Parameters<UnitCaller["call"]>[0]) {
    const text = (status: number, line: string) => {
      return { status, contentType: "text/plain", body: utf8Bytes(line) };
    };
    if (path === "/vkey") return text(200, `${vkeyOf(this.cosigner)}\n`);
    if (method === "GET" || body === undefined) return text(404, "");
    const { oldSize, signed } = parseAddCheckpoint(body);
    await new Promise<void>((resolve) => {
      this.#answer = resolve;
    });
    this.#answer = null;
    if (oldSize !== this.#known) return text(409, `${this.#known}\n`);
    this.#known = signed.head.size;
    const { name } = this.cosigner;
    return text(200, signatureLine(cosign(signed.head, { name, key: this.#key, seconds: 7 })));
  }
}

test("two witnesses that are slower than heads come, and out of step, cosign the same heads", async () => {
  const heads = new SignedHeads((place) => log.tile(place));
  const slow = [new SlowWitness(20), new SlowWitness(21)];
  const pushes: WitnessPush[] = slow.map(
    (witness, at) =>
      new WitnessPush({
        ...{ witness, clock: systemClock, logger: quietLogger },
        log: { name: origin, publicKey: headKey },
        onNewer: () => Promise.reject(new Error("nothing is newer")),
        askedOfOthers: () => pushes[1 - at]?.asking ?? null,
        onCosigned: async (size, line) => void heads.cosign(size, line),
      }),
  );
  const covered: number[] = [];
  for (let size = 2; size < 60; size++) {
    const head = heads.publish(log.head(size));
    for (const push of pushes) push.push(head);
    // Every third head one of them answers, in turns.
    if (size % 3 === 0) await slow[(size / 3) % 2]?.answer();
    const both = heads.newestFirst().find(({ signed }) => signed.signatures.length === 3);
    covered.push(both?.signed.head.size ?? 0);
  }
  // Behind the newest head by a few answers, and never further.
  expect(covered.at(-1)).toBeGreaterThan(40);
  expect(new Set(covered).size).toBeGreaterThan(4);
  for (const push of pushes) void push.stop();
});
