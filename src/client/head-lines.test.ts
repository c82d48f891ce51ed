import { expect, test } from "vitest";
import { entryRecord } from "../protocol/entry.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { entryOf } from "../testing/covered-entry.ts";
import { testIdentity } from "../testing/sender.ts";
import { SignedLog } from "../testing/signed-log.ts";
import { type Check, CheckLines } from "./check-lines.ts";
import { checkHeads } from "./head-lines.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);

/** The lines on an entry with this time, under a head of late 2023. */
function linesOf(timestamp: number): readonly Check[] {
  const place = { process: network, slot: 0, messageId: network };
  const entry = entryRecord.encode({ ...entryRecord.decode(entryOf(place)), timestamp });
  const log = new SignedLog({ network, scheduler });
  const receipt = log.receipt(log.append(entry));
  const lines = new CheckLines();
  const terms = { scheduler: scheduler.address, witness: null } as unknown as SpawnTerms;
  checkHeads(lines, { entry, receipt, witnesses: [] }, { network, terms });
  return lines.checks;
}

test("an entry that is under a head says when that was signed", () => {
  const [head, cosignatures] = linesOf(1_700_000_000_000);
  expect(head).toMatchObject({ name: "head", status: "valid" });
  expect(head?.detail).toMatch(/^entry 1 of 2, signed 2023-11-14T22:13:2\dZ?/);
  expect(head?.detail).not.toContain("TIME_FAR");
  expect(cosignatures).toMatchObject({ name: "cosignatures", status: "absent" });
});

test("a time that is far after its own head is said, and makes nothing invalid", () => {
  const [head] = linesOf(1_700_000_100_000);
  expect(head?.status).toBe("valid");
  expect(head?.detail).toMatch(
    /; TIME_FAR: it says 2023-11-14T22:15:00.000Z, \d+ s after its head$/,
  );
});
