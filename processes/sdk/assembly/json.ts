/**
 * Text for JSON (RFC 8259 §7), for answers that people and web pages read.
 *
 * @module
 */

const hexDigits: string = "0123456789abcdef";

/** The text between quotation marks, with everything escaped that has to be. */
export function jsonText(text: string): string {
  let plainFrom = 0;
  let quoted = '"';
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character >= 32 && character != 34 && character != 92) continue;
    quoted += text.substring(plainFrom, at) + escape(character);
    plainFrom = at + 1;
  }
  return quoted + text.substring(plainFrom) + '"';
}

function escape(character: i32): string {
  if (character == 34) return '\\"';
  if (character == 92) return "\\\\";
  if (character == 10) return "\\n";
  return "\\u00" + hexDigits.charAt(character >> 4) + hexDigits.charAt(character & 15);
}
