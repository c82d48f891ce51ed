/**
 * The SDK of processes: `import { … } from "nymcompute/sdk"`. A process is one file that exports
 * `receive(message: Message): void`, and `start(message: Message): void` if it wants to see its spawn
 * message; its variables live as long as the process. README.md beside describes every name.
 *
 * @module
 */

export { Address } from "./address";
export { fromBase64url, fromHex, toBase64url, toHex } from "./base64url";
export { addChecked, multiplyChecked, subtractChecked } from "./checked";
export { owner, self } from "./entry";
export { guard } from "./guard";
export { jsonText } from "./json";
export { Message, Source } from "./message";
export { log, output, outputBytes, reply, replyError, send, spawn } from "./outbox";
export { Outgoing } from "./outgoing";
export { Reader } from "./reader";
export { Cursor, SortedMap } from "./sorted-map";
export { U128 } from "./u128";
export { fromUtf8, toUtf8 } from "./utf8";
export { Writer } from "./writer";
