import { expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { identityFromSeed } from "../crypto/identity.ts";
import { bodyRecord } from "../protocol/message.ts";
import { type ComposeContext, composeBody, composeBundle, type MessageDraft } from "./compose.ts";

const now = 1_700_000_000_000;
const context: ComposeContext = {
  network: new Uint8Array(32).fill(5),
  owner: identityFromSeed(new Uint8Array(32).fill(1)),
  clock: { ...systemClock, now: () => now },
  random: systemRandom,
};
const target = new Uint8Array(32).fill(9);
const bodyOf = (draft: MessageDraft) => bodyRecord.decode(composeBody(draft, context).body);

test("a message is too late ten minutes after it was made, unless its sender says otherwise", () => {
  expect(bodyOf({ target }).notAfter).toBe(now + 600_000);
  expect(bodyOf({ target, notAfter: now + 5 }).notAfter).toBe(now + 5);
  expect(bodyOf({ target, notAfter: 0 }).notAfter).toBe(0);
  for (const { body } of composeBundle([{ target }, { target }], context).messages) {
    expect(bodyRecord.decode(body).notAfter).toBe(now + 600_000);
  }
});

test("equal messages are two messages unless their sender gives them one anchor", () => {
  const idOf = (draft: MessageDraft) => composeBody(draft, context).id;
  expect(idOf({ target })).not.toEqual(idOf({ target }));
  const anchor = Uint8Array.of(1);
  expect(idOf({ target, anchor })).toEqual(idOf({ target, anchor }));
});
