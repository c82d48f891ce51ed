/**
 * Vectors of section 02: canonical bytes, refusals, ids, trees.
 *
 * @module
 */

import { toHex } from "../../dist/src/base/bytes.js";
import { leafHash, merklePath, merkleRoot } from "../../dist/src/crypto/merkle.js";
import { encodeCanonical } from "../../dist/src/protocol/codec.js";
import { decodeCanonical } from "../../dist/src/protocol/decode.js";
import { idText } from "../../dist/src/protocol/ids.js";

const bytes = (length, fill = 0xab) => new Uint8Array(length).fill(fill);
const nested = (depth) => (depth === 1 ? [] : [nested(depth - 1)]);

const accepted = [
  ["nil", null],
  ["false", false],
  ["true", true],
  ["zero", 0],
  ["127", 127],
  ["128", 128],
  ["255", 255],
  ["256", 256],
  ["65535", 65_535],
  ["65536", 65_536],
  ["2^32-1", 2 ** 32 - 1],
  ["2^32", 2 ** 32],
  ["2^53-1", Number.MAX_SAFE_INTEGER],
  ["2^64-1", 2n ** 64n - 1n],
  ["empty text", ""],
  ["31 bytes of text", "a".repeat(31)],
  ["32 bytes of text", "a".repeat(32)],
  ["256 bytes of text", "a".repeat(256)],
  ["text outside the basic plane", "n\u00ed\u{1f980}"],
  ["byte order mark", "\ufeff"],
  ["empty bytes", bytes(0)],
  ["255 bytes", bytes(255)],
  ["256 bytes", bytes(256)],
  ["empty array", []],
  ["15 items", new Array(15).fill(0)],
  ["16 items", new Array(16).fill(0)],
  ["depth 8", nested(8)],
  ["mixed", [1, "two", bytes(3), [null, true], 4]],
];

const refused = [
  ["empty", ""],
  ["trailing byte", "c000"],
  ["0 in u8", "cc00"],
  ["127 in u8", "cc7f"],
  ["255 in u16", "cd00ff"],
  ["65535 in u32", "ce0000ffff"],
  ["2^32-1 in u64", "cf00000000ffffffff"],
  ["negative fixint", "ff"],
  ["int8", "d0ff"],
  ["int64", "d3ffffffffffffffff"],
  ["float32", "ca3f800000"],
  ["float64", "cb3ff0000000000000"],
  ["fixmap", "80"],
  ["map16", "de0000"],
  ["fixext", "d40001"],
  ["never used", "c1"],
  ["short text in str8", "d90161"],
  ["short bytes in bin16", "c5000161"],
  ["short array in array16", "dc000100"],
  ["ill-formed UTF-8", "a1ff"],
  ["surrogate in UTF-8", "a3eda080"],
  ["text that ends early", "a261"],
  ["bytes that end early", "c40201"],
  ["array that ends early", "9200"],
  ["array longer than the rest", "ddffffffff"],
  ["depth 9", "9191919191919191" + "90"],
];

function codeOf(hex) {
  try {
    decodeCanonical(Uint8Array.from(Buffer.from(hex, "hex")));
  } catch (error) {
    return error.code;
  }
  throw new Error(`accepted: ${hex}`);
}

const valueJson = (value) => {
  if (value instanceof Uint8Array) return { bytes: toHex(value) };
  if (typeof value === "bigint") return { integer: value.toString() };
  if (typeof value === "number") return { integer: String(value) };
  return Array.isArray(value) ? value.map(valueJson) : value;
};

function treeVectors() {
  return [0, 1, 2, 3, 4, 5, 7, 8, 9, 31].map((count) => {
    const leaves = Array.from({ length: count }, (_, i) => leafHash(Uint8Array.of(i, count)));
    const index = count === 0 ? null : Math.floor(count / 2);
    return {
      count,
      leaf: "two bytes: index, count",
      root: toHex(merkleRoot(leaves)),
      index,
      path: index === null ? null : merklePath(leaves, index).map(toHex),
    };
  });
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

export function generate() {
  return {
    "encoding/canonical_v1.json": json({
      accepted: accepted.map(([name, value]) => ({
        name,
        value: valueJson(value),
        bytes: toHex(encodeCanonical(value)),
      })),
      refused: refused.map(([name, hex]) => ({ name, bytes: hex, code: codeOf(hex) })),
    }),
    "encoding/ids_v1.json": json(
      [bytes(32, 0), bytes(32, 255), Uint8Array.from({ length: 32 }, (_, i) => i)].map((id) => ({
        bytes: toHex(id),
        text: idText(id),
      })),
    ),
    "encoding/trees_v1.json": json(treeVectors()),
  };
}
