/**
 * The package's root export: what a web page or a Node program needs to talk to a network.
 *
 * @module
 */

export { CodedError } from "../base/error.ts";
export { type RandomSource, systemRandom } from "../base/random.ts";
export { createIdentity, type Identity, identityFromSeed } from "../crypto/identity.ts";
export type { MessageEvent, MessageStatus } from "../protocol/http.ts";
export { idText, parseId } from "../protocol/ids.ts";
export type { Tag } from "../protocol/message.ts";
export { composeBundle, composeMessage, type MessageDraft } from "./compose.ts";
export {
  type Connection,
  type ConnectOptions,
  connect,
  type ResultView,
  type SendOptions,
  type Sent,
} from "./connect.ts";
export { UnitCallError } from "./unit-call.ts";
