/**
 * A process that does one thing of the SDK at a time, for the tests beside the SDK.
 *
 * @module
 */

import {
  Address,
  addChecked,
  fromBase64url,
  fromHex,
  fromUtf8,
  guard,
  jsonText,
  log,
  Message,
  multiplyChecked,
  output,
  outputBytes,
  owner,
  Reader,
  reply,
  replyError,
  self,
  send,
  spawn,
  subtractChecked,
  toBase64url,
  toHex,
  toUtf8,
  U128,
  Writer,
} from "nymcompute/sdk";
import { changeMap } from "./map";

let kept: Message | null = null;
let keptTag: string = "";

export function receive(message: Message): void {
  const action = message.action;
  if (action == "Copy") outputBytes(copyValue(new Reader(message.data)));
  else if (action == "IsCanonical") output(Reader.isCanonical(message.data) ? "yes" : "no");
  else if (action == "Amount") calculate(message);
  else if (action == "Word") calculateWord(message);
  else if (action == "Text") describeText(message);
  else if (action == "Map") changeMap(new Reader(message.data));
  else if (action == "Inbox") describeInbox(message);
  else if (action == "Find") output(message.tag(message.text, "none"));
  else if (action == "Outbox") fillOutbox(message);
  else if (action == "Tags") sendTags(message);
  else if (action == "Guard") {
    guard(message.dataLength > 3, "the data is too short");
  } else if (action == "Keep") {
    kept = message;
    keptTag = message.tag("Note");
  } else if (action == "Kept") output(keptTag + kept!.slot.toString() + kept!.tag("Note"));
  else replyError(message, "Unknown action");
}

/** Reads any value and writes it again. */
function copyValue(reader: Reader): Uint8Array {
  const writer = new Writer();
  copyNext(reader, writer);
  reader.finish();
  return writer.toBytes();
}

/** Arrays that begin with the text "uint", "text", … say what follows; anything else is copied. */
function copyNext(reader: Reader, writer: Writer): void {
  const count = reader.array();
  writer.array(count);
  if (count == 0) return;
  const kind = reader.text();
  writer.text(kind);
  for (let at = 1; at < count; at++) {
    if (kind == "uint") writer.uint(reader.uint());
    else if (kind == "bool") writer.bool(reader.bool());
    else if (kind == "text") writer.text(reader.text());
    else if (kind == "bytes") writer.bytes(reader.bytes());
    else if (kind == "address") writer.address(reader.address());
    else if (kind == "nil") {
      guard(reader.isNil(), "nil was expected");
      writer.nil();
    } else copyNext(reader, writer);
  }
}

function calculate(message: Message): void {
  const left = U128.parse(message.tag("Left"));
  const right = U128.parse(message.tag("Right"));
  const operator = message.tag("Operator");
  if (operator == "+") output((left + right).toString());
  else if (operator == "-") output((left - right).toString());
  else if (operator == "*") output((left * right).toString());
  else if (operator == "/") output((left / right).toString());
  else if (operator == "%") output((left % right).toString());
  else output(compared(left, right));
}

function compared(left: U128, right: U128): string {
  guard((left == right) == !(left != right), "== and != agree");
  guard(left <= right == !(left > right) && left >= right == !(left < right), "orders agree");
  return left == right ? "=" : left < right ? "<" : ">";
}

function calculateWord(message: Message): void {
  const left = U64.parseInt(message.tag("Left"));
  const right = U64.parseInt(message.tag("Right"));
  const operator = message.tag("Operator");
  if (operator == "+") output(addChecked(left, right).toString());
  else if (operator == "-") output(subtractChecked(left, right).toString());
  else output(multiplyChecked(left, right).toString());
}

/** Every spelling of the data that the SDK knows, and back. */
function describeText(message: Message): void {
  const bytes = message.data;
  const hex = toHex(bytes);
  const base64url = toBase64url(bytes);
  guard(toHex(fromHex(hex)!) == hex, "hexadecimal reads back");
  guard(toHex(fromBase64url(base64url)!) == hex, "base64url reads back");
  if (bytes.length == 32) {
    guard(Address.fromBytes(bytes).toString() == base64url, "an address is its base64url");
    guard(Address.parse(base64url) == Address.fromBytes(bytes), "an address reads back");
    guard(toHex(Address.parse(base64url).toBytes()) == hex, "an address keeps its bytes");
  }
  let text = "none";
  if (message.isText) {
    text = jsonText(fromUtf8(bytes));
    guard(toHex(toUtf8(message.text)) == hex, "UTF-8 reads back");
  }
  const candidate = message.tag("Candidate");
  const address = Address.tryParse(candidate);
  const tagAddress = message.tagAddress("Candidate");
  guard(address == tagAddress, "text and tag are the same address");
  const amount = U128.tryParse(candidate);
  const tagAmount = message.tagAmount("Candidate");
  guard(amount == tagAmount, "text and tag are the same amount");
  const decoded = fromBase64url(candidate);
  const found = [
    hex,
    base64url,
    text,
    address ? address.toString() : "none",
    amount ? amount.toString() : "none",
    decoded ? toHex(decoded) : "none",
  ];
  output(found.join("\n"));
}

function describeInbox(message: Message): void {
  const source = message.source;
  const writer = new Writer();
  writer.array(13).uint(message.rules).address(message.network).address(message.process);
  writer.uint(message.slot).uint(message.timestamp).address(message.id).address(message.from);
  writer.bool(message.isFromProcess).uint(message.depth).bytes(message.anchor);
  writer.address(self()).address(owner());
  if (source) {
    writer.array(3).address(source.module).address(source.scheduler).address(source.compute[0]);
  } else {
    writer.nil();
  }
  outputBytes(writer.toBytes());
}

/** As many messages, spawns and lines as the tags say. */
function fillOutbox(message: Message): void {
  const count = <i32>U64.parseInt(message.tag("Count"));
  const first = send(message.from, "First");
  for (let at = 0; at < count; at++) {
    send(message.from, "Each").text(at.toString()).bytes(message.data).address(message.from);
    log("line " + at.toString());
  }
  spawn(message.from).tag("Name", "Child").text("hello");
  first.tag("Late", "yes").amount(U128.max).tagAmount("Amount", U128.max);
  if (message.hasTag("Answer")) reply(message, message.tag("Answer"));
}

/** Sends back one message with every tag of the question, and `Count` more. */
function sendTags(message: Message): void {
  const answer = reply(message).copyTags(message, "");
  const count = <i32>U64.parseInt(message.tag("Count", "0"));
  for (let at = 0; at < count; at++) answer.tag("Extra", message.tag("Value"));
}
