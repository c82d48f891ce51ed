/**
 * What people and scripts read of a message (spec/09-http.md §3): its status, its place in an
 * address's inbox, its events. Pure; everything comes from the store.
 *
 * @module
 */

import { concatBytes, toBase64url, utf8Text } from "../src/base/bytes.ts";
import type {
  Assignment,
  SharedBytes,
  StatusEvent,
  StoredMessage,
} from "../src/node/store/ports/message-store.ts";
import { type Envelope, envelopeRecord } from "../src/protocol/envelope.ts";
import type {
  AddressedMessage,
  MessageEvent,
  MessageEventKind,
  MessageStatus,
  MessageSummary,
} from "../src/protocol/http.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { type Body, bodyRecord, ownerKinds, tagValue } from "../src/protocol/message.ts";

/** A stored message, read. */
export interface ReadStored {
  readonly stored: StoredMessage;
  readonly envelope: Envelope;
  readonly body: Body;
}

/** An envelope with its canonical bytes, if they are at hand. */
export interface EncodedEnvelope extends Envelope {
  readonly encoded?: Uint8Array | null;
}

/** An envelope as it is stored: an authorisation without what is kept once for many. */
export function framed(envelope: EncodedEnvelope, shared: SharedBytes | null): Uint8Array {
  if (shared === null) return envelope.encoded ?? envelopeRecord.encode(envelope);
  const authorisation = envelope.authorisation.subarray(shared.bytes.length);
  return envelopeRecord.encode({ ...envelope, authorisation });
}

/** The envelope of a stored message. */
export function envelopeOf({ envelope: frame, shared }: StoredMessage): Envelope {
  const envelope = envelopeRecord.decode(frame);
  if (shared === null) return envelope;
  return { ...envelope, authorisation: concatBytes(shared.bytes, envelope.authorisation) };
}

/** Reads what the messenger itself stored. */
export function readStored(stored: StoredMessage): ReadStored {
  const envelope = envelopeOf(stored);
  return { stored, envelope, body: bodyRecord.decode(envelope.body) };
}

/** Kinds of events that can only come after a slot. */
const slottedKinds: ReadonlySet<string> = new Set(["evaluated", "pushed", "proven"]);

/**
 * Events with the slot in its place: it is in the message's assignment and not among its events.
 */
export function withAssignment(
  events: readonly StatusEvent[],
  assignment: Assignment | null,
): readonly StatusEvent[] {
  if (assignment === null) return events;
  const { at, slot } = assignment;
  const found = events.findIndex(({ kind }) => slottedKinds.has(kind));
  const place = found < 0 ? events.length : found;
  return [
    ...events.slice(0, place),
    { at, kind: "assigned", fields: { slot } },
    ...events.slice(place),
  ];
}

/**
 * The same with what was pushed behind its evaluation: where a restart repeats steps, the pushing may end
 * before the evaluation is noted, and until then it is not told.
 */
export function inOrder(events: readonly StatusEvent[]): readonly StatusEvent[] {
  const pushed = events.findIndex(({ kind }) => kind === "pushed");
  const evaluated = events.findIndex(({ kind }) => kind === "evaluated");
  if (pushed < 0 || (evaluated >= 0 && evaluated < pushed)) return events;
  const others = events.filter((_, i) => i !== pushed);
  if (evaluated < 0) return others;
  const { at } = events[evaluated] as StatusEvent;
  const last = { ...(events[pushed] as StatusEvent), at };
  return [...others.slice(0, evaluated), last, ...others.slice(evaluated)];
}

const shownFields = ["slot", "exit", "reason", "detail", "gasUsed"] as const;

/** An event as it is shown; what else is stored with it is the messenger's own. */
export function eventView(event: StatusEvent): MessageEvent {
  const shown: Record<string, unknown> = {};
  for (const name of shownFields) {
    const value = event.fields[name];
    if (value !== undefined && value !== null) shown[name] = value;
  }
  return { kind: event.kind as MessageEventKind, at: event.at, ...shown };
}

/** The whole life; that it was accepted is in the message itself and not among its events. */
export function lifeView(acceptedAt: number, events: readonly StatusEvent[]): MessageEvent[] {
  return [{ kind: "accepted", at: acceptedAt }, ...events.map(eventView)];
}

/** `GET /messages/{id}`. */
export function statusView(
  message: ReadStored,
  events: readonly StatusEvent[],
  caused: readonly Digest[],
): MessageStatus {
  const { stored, body } = message;
  const life = lifeView(stored.acceptedAt, events);
  const { depth, budget } = body;
  return { ...placeView(message, life), depth, budget, caused: caused.map(idText), events: life };
}

/** One item of `GET /messages`. */
export function summaryView(
  message: ReadStored,
  sequence: number,
  events: readonly StatusEvent[],
): MessageSummary {
  const { acceptedAt } = message.stored;
  return { sequence, ...placeView(message, lifeView(acceptedAt, events)), at: acceptedAt };
}

/** Whose a message is, where it goes and how far it is. */
function placeView(
  { stored, body }: ReadStored,
  life: readonly MessageEvent[],
): Omit<MessageSummary, "sequence" | "at"> {
  return {
    id: idText(stored.id),
    process: idText(body.target ?? stored.id),
    from: {
      kind: body.owner.kind === ownerKinds.process ? "process" : "key",
      id: idText(body.owner.id),
    },
    slot: stored.assignment?.slot ?? null,
    state: life.at(-1)?.kind ?? "accepted",
    action: tagValue(body.tags, "Action"),
    spawn: body.target === null,
    cause: stored.parent === null ? null : idText(stored.parent),
  };
}

/** One item of `GET /addresses/{address}/messages`. Its anchor says where it was sent. */
export function addressedView(message: ReadStored, sequence: number): AddressedMessage {
  const { stored, envelope, body } = message;
  const place = new DataView(body.anchor.buffer, body.anchor.byteOffset, body.anchor.byteLength);
  return {
    sequence,
    id: idText(stored.id),
    from: idText(body.owner.id),
    slot: place.getUint32(0) * 2 ** 32 + place.getUint32(4),
    index: place.getUint32(8),
    tags: body.tags.map(({ name, value }) => ({ name, value })),
    data: envelope.data === null ? null : utf8Text(envelope.data),
    dataBytes: envelope.data === null ? null : toBase64url(envelope.data),
    at: stored.acceptedAt,
  };
}

/** True where nothing more is to be expected of the message itself, whatever it caused. */
export function isSettled(events: readonly StatusEvent[]): boolean {
  const last = events.at(-1)?.kind;
  if (last === "stopped" || last === "refused" || last === "unclaimed") return true;
  return events.some(
    ({ kind, fields }) => kind === "pushed" || (kind === "evaluated" && fields["sent"] === 0),
  );
}

/** True where it has its result, or will have none. */
export function isAnswered(events: readonly StatusEvent[]): boolean {
  return events.some(({ kind }) => kind === "evaluated") || isSettled(events);
}
