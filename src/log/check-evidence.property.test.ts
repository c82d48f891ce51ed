import fc from "fast-check";
import { expect, test } from "vitest";
import { ProtocolError } from "../protocol/errors.ts";
import { messageIdOf } from "../protocol/ids.ts";
import { evidenceTypes, logEvidenceRecord } from "../protocol/log-evidence.ts";
import { EntryWriter } from "../testing/honest-entries.ts";
import { testIdentity } from "../testing/sender.ts";
import { SignedLog, type SignedLogOptions } from "../testing/signed-log.ts";
import { checkEvidence } from "./check-evidence.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);
const options: SignedLogOptions = { network, scheduler };
const types = Object.values(evidenceTypes);

/** What an honest scheduler lets anyone have: heads, records, entries with receipts, messages. */
function honestParts(): {
  readonly heads: Uint8Array[];
  readonly entries: Uint8Array[][];
  readonly messages: Uint8Array[][];
} {
  const owner = testIdentity(3);
  const writer = new EntryWriter({ network, scheduler: scheduler.address, owner });
  const spawns = [writer.place(writer.spawn()), writer.place(writer.spawn())];
  const sent = [0, 1, 0, 0, 1].map((i) =>
    writer.send(messageIdOf(spawns[i]?.body ?? new Uint8Array())),
  );
  const items = [...spawns, ...sent];
  const log = new SignedLog(options);
  for (const { entry } of items) log.append(entry);
  const again = new SignedLog(options);
  const { size } = { size: items.length + 1 };
  const entries = items.flatMap(({ entry }, i) => [
    [entry, log.receipt(i + 1)],
    [entry, log.receipt(i + 1, size - Math.min(1, size - i - 2))],
  ]);
  return {
    heads: [
      log.headKey,
      again.headKey,
      log.head(1),
      log.head(3),
      log.head(3),
      log.head(),
      log.head(),
    ],
    entries,
    messages: items.map(({ body, authorisation }) => [body, authorisation]),
  };
}

const honest = honestParts();
const anyHead = fc.constantFrom(...honest.heads);
const anyEntry = fc.constantFrom(...honest.entries);
const anyMessage = fc.constantFrom(...honest.messages);
const anyBytes = fc.uint8Array({ maxLength: 96 });
const anyParts = fc.oneof(
  fc.array(fc.oneof({ weight: 4, arbitrary: anyHead }, { weight: 1, arbitrary: anyBytes }), {
    minLength: 1,
    maxLength: 5,
  }),
  fc.tuple(anyEntry, anyEntry).map((pair) => pair.flat()),
  anyEntry,
  fc
    .tuple(anyEntry, anyMessage, anyMessage)
    .map(([entry, message, [spawn]]) => [...entry, ...message, spawn as Uint8Array]),
  fc.tuple(anyEntry, anyMessage).map(([entry, [spawn]]) => [...entry, spawn as Uint8Array]),
);

interface Change {
  readonly part: number;
  readonly at: number;
  readonly bits: number;
}

/** One byte changed, a part cut, or nothing. */
function changed(parts: readonly Uint8Array[], change: Change | null): Uint8Array[] {
  const copies = parts.map((part) => part.slice());
  if (change === null || copies.length === 0) return copies;
  const part = copies[change.part % copies.length] as Uint8Array;
  const at = change.at % (part.length + 1);
  if (at === part.length) copies[change.part % copies.length] = part.slice(0, -1);
  else part[at] = (part[at] ?? 0) ^ change.bits;
  return copies;
}

const anyChange = fc.option(
  fc.record({ part: fc.nat(8), at: fc.nat(1 << 20), bits: fc.integer({ min: 1, max: 255 }) }),
);

test("property: nothing of an honest scheduler convicts it, changed or not, and no judge fails", () => {
  fc.assert(
    fc.property(fc.constantFrom(...types), anyParts, anyChange, (type, parts, change) => {
      const evidence = { type, parts: changed(parts, change) };
      try {
        checkEvidence(evidence);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        return;
      }
      expect.unreachable(`type ${type} convicts an honest scheduler`);
    }),
    { numRuns: 700 },
  );
}, 60_000);

test("property: any bytes are refused with a code, or are a file of the same bytes", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      try {
        expect(logEvidenceRecord.encode(logEvidenceRecord.decode(bytes))).toEqual(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});
