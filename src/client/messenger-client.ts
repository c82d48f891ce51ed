/**
 * The messenger's HTTP API (spec/09-http.md §3) as functions.
 *
 * @module
 */

import { type Acceptance, acceptanceRecord, acceptancesRecord } from "../protocol/acceptance.ts";
import { type Bundle, bundleRecord, type Envelope, envelopeRecord } from "../protocol/envelope.ts";
import {
  type AddressedMessage,
  type MessagePage,
  type MessageStatus,
  mediaTypes,
  type UnitInfo,
} from "../protocol/http.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { type Fetch, jsonOf, queryOf, type UnitCaller, unitCaller } from "./unit-call.ts";

/** How far the answer to a message waits. */
export interface SubmitOptions {
  readonly wait?: "assignment" | "result" | "proof";
  readonly finality?: "none" | "signed" | "witnessed";
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The units that a messenger knows, in JSON. */
export interface KnownUnits {
  readonly schedulers: readonly { readonly url: string; readonly address: string | null }[];
  readonly computes: readonly { readonly url: string; readonly address: string | null }[];
}

export interface MessengerClient {
  readonly unit: UnitCaller;
  info(): Promise<UnitInfo>;
  /** Hands in a message or spawn; sending it again is harmless. */
  submit(envelope: Envelope, options?: SubmitOptions): Promise<Acceptance>;
  submitBundle(bundle: Bundle, options?: SubmitOptions): Promise<readonly Acceptance[]>;
  status(message: Digest): Promise<MessageStatus>;
  /** Messages that came through this messenger, the newest first. */
  messages(query?: { readonly from?: number; readonly limit?: number }): Promise<MessagePage>;
  /** Messages that processes sent to an address, oldest first. */
  addressed(
    address: Digest,
    query?: { readonly from?: number; readonly limit?: number },
  ): Promise<readonly AddressedMessage[]>;
  /** Asks that what a result sent be pushed (again). */
  push(process: Digest, slot: number): Promise<void>;
  units(): Promise<KnownUnits>;
}

/** A client of the messenger at `url`. */
export function messengerClient(url: string, fetchUnit?: Fetch): MessengerClient {
  const unit = unitCaller(url, fetchUnit);
  const getJson = async <Value>(path: string): Promise<Value> =>
    jsonOf<Value>(await unit.call({ method: "GET", path, accept: mediaTypes.json }));
  const post = async (body: Uint8Array, options: SubmitOptions): Promise<Uint8Array> => {
    const { wait, finality, timeoutMs, signal } = options;
    const answer = await unit.call({
      method: "POST",
      path: `/messages${queryOf({ wait, finality, timeout: timeoutMs })}`,
      body,
      contentType: mediaTypes.canonical,
      timeoutMs: 30_000 + (timeoutMs ?? 30_000),
      ...(signal === undefined ? {} : { signal }),
    });
    return answer.body;
  };
  return {
    unit,
    info: () => getJson<UnitInfo>("/"),
    submit: async (envelope, options = {}) =>
      acceptanceRecord.decode(await post(envelopeRecord.encode(envelope), options)),
    submitBundle: async (bundle, options = {}) =>
      acceptancesRecord.decode(await post(bundleRecord.encode(bundle), options)).acceptances,
    messages: (query = {}) => getJson<MessagePage>(`/messages${queryOf({ ...query })}`),
    status: (message) => getJson<MessageStatus>(`/messages/${idText(message)}`),
    addressed: (address, query = {}) =>
      getJson<AddressedMessage[]>(`/addresses/${idText(address)}/messages${queryOf(query)}`),
    push: async (process, slot) => {
      await unit.call({
        method: "POST",
        path: `/processes/${idText(process)}/results/${slot}/push`,
      });
    },
    units: () => getJson<KnownUnits>("/units"),
  };
}
