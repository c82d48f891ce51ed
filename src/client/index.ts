/**
 * The package's root export: what a web page or a Node program needs to talk to a network.
 *
 * @module
 */

export { type Clock, systemClock } from "../base/clock.ts";
export { CodedError } from "../base/error.ts";
export { type RandomSource, systemRandom } from "../base/random.ts";
export { createIdentity, type Identity, identityFromSeed } from "../crypto/identity.ts";
export type { Acceptance } from "../protocol/acceptance.ts";
export type { Evaluation } from "../protocol/evaluation.ts";
export type {
  MessageEvent,
  MessagePage,
  MessageStatus,
  ProcessHistory,
  ProcessPage,
  ProofQueue,
  ResultState,
  UnitInfo,
} from "../protocol/http.ts";
export { type Digest, idText, parseId } from "../protocol/ids.ts";
export type { Tag } from "../protocol/message.ts";
export type { Result } from "../protocol/result.ts";
export { evaluationView, type MessageView } from "../protocol/view.ts";
export type { Check, CheckStatus } from "./check-lines.ts";
export {
  type ComposeContext,
  type ComposedMessage,
  composeBundle,
  composeMessage,
  type MessageDraft,
} from "./compose.ts";
export type { ComputeClient } from "./compute-client.ts";
export {
  type Connection,
  type ConnectOptions,
  connect,
  type ResultView,
  type SendOptions,
} from "./connect.ts";
export type { MessengerClient } from "./messenger-client.ts";
export type { SchedulerClient } from "./scheduler-client.ts";
export type { Sent } from "./sent.ts";
export { UnitCallError } from "./unit-call.ts";
export {
  type AttestedResult,
  type AttestedVerdict,
  verifyAttestations,
} from "./verify-attestations.ts";
export type { ReceiptExpectation, ReceiptLevel, ReceiptVerdict } from "./verify-receipt.ts";
