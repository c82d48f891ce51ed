/**
 * Names that all units and clients share over HTTP (spec/09-http.md): media types, what a unit says
 * of itself, the life of a message.
 *
 * @module
 */

export const mediaTypes = {
  canonical: "application/msgpack",
  json: "application/json",
  problem: "application/problem+json",
  bytes: "application/octet-stream",
  events: "text/event-stream",
} as const;

/** The version of this protocol's wire. */
export const protocolVersion = 1;

export type UnitRole = "messenger" | "scheduler" | "compute" | "witness";

/** `GET /`, in JSON. Ids and keys are base64url. */
export interface UnitInfo {
  readonly role: UnitRole;
  readonly address: string;
  readonly algorithm: number;
  readonly publicKey: string;
  readonly network: string;
  /** The software's version. */
  readonly version: string;
  readonly protocol: number;
  readonly rules: readonly number[];
}

/** One process in `GET /processes` of a scheduler, in JSON. Ids are base64url. */
export interface ProcessSummary {
  readonly id: string;
  readonly module: string;
  readonly owner: { readonly kind: "key" | "process"; readonly id: string };
  /** The spawn's tag `Name`, which means nothing to the protocol. */
  readonly name: string | null;
  /** Milliseconds since the epoch, by the scheduler's clock. */
  readonly spawnedAt: number;
  /** The slot that the log fills next: its length. */
  readonly next: number;
}

/** `GET /processes` of a scheduler, in JSON: in the order of the ids' bytes. */
export interface ProcessPage {
  /** Of all processes that it serves. */
  readonly total: number;
  readonly processes: readonly ProcessSummary[];
  /** `from` of the next page; null at the end. */
  readonly next: string | null;
}

/** Where a slot stands at a compute unit: the data of `GET /processes/{p}/results/events`. */
export interface ResultState {
  readonly slot: number;
  readonly message: string;
  readonly exit: "ok" | "failed";
  readonly gasUsed: number;
  readonly postRoot: string;
  /** Of the process's memory after the slot; null where the unit did not note it. */
  readonly memoryBytes: number | null;
  readonly attested: boolean;
  readonly finality: "none" | "signed" | "witnessed";
  readonly proof: { readonly state: string; readonly reason: string | null };
}

/** `GET /processes/{p}/history` of a compute unit, in JSON. */
export interface ProcessHistory {
  readonly process: string;
  readonly from: number;
  readonly to: number;
  readonly points: readonly HistoryPoint[];
}

/** A slot in the history of a process. */
export interface HistoryPoint {
  readonly slot: number;
  /** The timestamp of its entry. */
  readonly at: number;
  readonly exit: "ok" | "failed";
  readonly gasUsed: number;
  readonly memoryBytes: number | null;
}

/** `GET /proofs` of a compute unit, in JSON. Estimates are in seconds, null where there is none. */
export interface ProofQueue {
  /** False: the unit proves nothing. */
  readonly prover: boolean;
  /** When the unit began: what is settled is remembered since then. */
  readonly since: number;
  /** Slots that are queued or being proven. */
  readonly waiting: number;
  readonly current: {
    readonly process: string;
    readonly slot: number;
    readonly startedAt: number;
    readonly secondsLeft: number | null;
    readonly segmentsDone: number | null;
    readonly segments: number | null;
  } | null;
  /** The first that are queued, in the order in which they would be proven. */
  readonly queue: readonly {
    readonly process: string;
    readonly slot: number;
    /** Proofs that are made before. */
    readonly position: number;
    readonly secondsLeft: number | null;
    /** What stood in the way last. */
    readonly reason: string | null;
  }[];
  /** The newest first. */
  readonly proven: readonly {
    readonly process: string;
    readonly slot: number;
    readonly at: number;
    readonly seconds: number;
    readonly bytes: number;
    /** Null where the run failed: then its result says the limit. */
    readonly gasUsed: number | null;
  }[];
  readonly unprovable: readonly {
    readonly process: string;
    readonly slot: number;
    readonly at: number;
    readonly reason: string;
  }[];
}

/** Steps in the life of a message, in the order in which they can come. */
export type MessageEventKind =
  | "accepted"
  | "assigned"
  | "evaluated"
  | "pushed"
  | "proven"
  | "awaiting-proof"
  | "unclaimed"
  | "stopped"
  | "refused";

/** One step; which fields it has depends on its kind. */
export interface MessageEvent {
  readonly kind: MessageEventKind;
  /** Milliseconds since the epoch, by the messenger's clock. */
  readonly at: number;
  /** `assigned`, `evaluated`: the slot. */
  readonly slot?: number;
  /** `evaluated`: `ok` or `failed`. */
  readonly exit?: string;
  /** `stopped`: `budget` or `depth`. `refused`: a code. */
  readonly reason?: string;
  /** `evaluated`, `refused`, `awaiting-proof`: for people. */
  readonly detail?: string;
  /** `evaluated`: gas. */
  readonly gasUsed?: number;
}

/** `GET /messages/{id}`, in JSON: a message's life and the messages that it caused. */
export interface MessageStatus {
  readonly id: string;
  /** The process that it goes to, or the address that it is addressed to. */
  readonly process: string;
  readonly from: { readonly kind: "key" | "process"; readonly id: string };
  readonly slot: number | null;
  readonly state: MessageEventKind;
  readonly depth: number;
  readonly budget: number;
  readonly action: string | null;
  readonly spawn: boolean;
  /** The message whose evaluation sent this one, where this messenger knows it. */
  readonly cause: string | null;
  readonly caused: readonly string[];
  readonly events: readonly MessageEvent[];
}

/** A message in `GET /messages` of a messenger, in JSON. */
export interface MessageSummary {
  /** Rises in the order of acceptance, with gaps. */
  readonly sequence: number;
  readonly id: string;
  /** The process that it goes to, or the address that it is addressed to. */
  readonly process: string;
  readonly from: MessageStatus["from"];
  readonly slot: number | null;
  readonly state: MessageEventKind;
  readonly action: string | null;
  readonly spawn: boolean;
  readonly cause: string | null;
  /** When the messenger took it. */
  readonly at: number;
}

/** `GET /messages` of a messenger, in JSON: the newest first. */
export interface MessagePage {
  readonly messages: readonly MessageSummary[];
  /** `from` of the next page, of older ones; null at the end. */
  readonly next: number | null;
}

/** `GET /addresses/{address}/messages`, in JSON. */
export interface AddressedMessage {
  /** Rises with gaps: the next page begins one above the last. */
  readonly sequence: number;
  readonly id: string;
  readonly from: string;
  readonly slot: number;
  readonly index: number;
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  /** The data as text where it is UTF-8, else null. */
  readonly data: string | null;
  readonly dataBytes: string | null;
  readonly at: number;
}
