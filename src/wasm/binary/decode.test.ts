import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes, fromHex, utf8Bytes } from "../../base/bytes.ts";
import { compileAssemblyScript, processFlags } from "../../testing/assembly-script.ts";
import { compileSample } from "../../testing/sample-processes.ts";
import { vectorsFolder } from "../../testing/vectors.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decodeModule } from "./decode.ts";
import { encodeModule } from "./encode.ts";
import { WasmError } from "./error.ts";

/** Sections after the header, in hexadecimal. */
function moduleOf(sections: string): Uint8Array {
  return fromHex(`0061736d01000000${sections.replaceAll(" ", "")}`)!;
}

function refusal(bytes: Uint8Array): { code: string; offset: number } {
  try {
    decodeModule(bytes);
  } catch (error) {
    if (error instanceof WasmError) return { code: error.code, offset: error.offset };
    throw error;
  }
  return { code: "accepted", offset: -1 };
}

/** One function of type () -> () with this body (size included). */
const withBody = (body: string): string => `01 04 01 60 00 00 03 02 01 00 ${body}`;

const malformed: readonly (readonly [code: string, offset: number, sections: string])[] = [
  ["SECTION_UNKNOWN", 8, "0d 00"],
  ["SECTION_ORDER", 11, "03 01 00 01 01 00"],
  ["SECTION_ORDER", 11, "01 01 00 01 01 00"],
  ["SECTION_SIZE", 8, "01 05 01 60 00 00 00"],
  ["UNEXPECTED_END", 9, "01 05 01"],
  ["UNEXPECTED_END", 10, "01 01 05"],
  ["LEB128_INVALID", 9, "01 80 80 80 80 80 00"],
  ["LEB128_INVALID", 9, "01 ff ff ff ff 1f"],
  ["UTF8_INVALID", 10, "00 02 01 ff"],
  ["FORM_UNKNOWN", 11, "01 04 01 61 00 00"],
  ["FORM_UNKNOWN", 13, "01 05 01 60 01 40 00"],
  ["FORM_UNKNOWN", 11, "05 03 01 02 00"],
  ["FUNCTION_COUNT_MISMATCH", 18, "01 04 01 60 00 00 03 02 01 00"],
  ["DATA_COUNT_MISMATCH", 14, "0c 01 01 0b 01 00"],
  ["DATA_COUNT_MISSING", 23, withBody("0a 07 01 05 00 fc 09 00 0b")],
  ["OPCODE_UNKNOWN", 23, withBody("0a 05 01 03 00 27 0b")],
  ["OPCODE_UNKNOWN", 23, withBody("0a 06 01 04 00 fd 0c 0b")],
  ["ELSE_UNEXPECTED", 23, withBody("0a 05 01 03 00 05 0b")],
  ["BODY_SIZE", 22, withBody("0a 05 01 03 00 0b 01")],
  ["UNEXPECTED_END", 24, withBody("0a 04 01 02 00 01")],
  ["LOCALS_TOO_MANY", 29, withBody("0a 0c 01 0a 02 ff ff ff ff 0f 7f 01 7f 0b")],
];

test("names the code and the place of everything malformed", () => {
  for (const [code, offset, sections] of malformed) {
    expect(refusal(moduleOf(sections)), sections).toEqual({ code, offset });
  }
  expect(refusal(utf8Bytes("hello"))).toEqual({ code: "MAGIC_WRONG", offset: 0 });
  expect(refusal(fromHex("0061736d02000000")!)).toEqual({ code: "VERSION_UNSUPPORTED", offset: 4 });
});

test("pairs if, else and end", () => {
  // block  if  else  end  end  end
  const { code } = decodeModule(moduleOf(withBody("0a 0d 01 0b 00 02 40 41 00 04 40 05 0b 0b 0b")))
    .functions[0]!;
  expect(Array.from(code.opcodes)).toEqual([0x02, 0x41, 0x04, 0x05, 0x0b, 0x0b, 0x0b]);
  expect(Array.from(code.second)).toEqual([5, 0, 3, 4, 2, 0, -1]);
  expect(Array.from(code.offsets)).toEqual([23, 25, 27, 29, 30, 31, 32]);
});

test("property: integers read back as they were written", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (low, high) => {
      const writer = new ByteWriter(1);
      writer.s32(low);
      writer.u32(low);
      writer.s33(high);
      writer.s64(low, high);
      writer.s64(low, low >> 31);
      const reader = new ByteReader(writer.written());
      expect(reader.s32()).toBe(low);
      expect(reader.u32()).toBe(low >>> 0);
      expect(reader.s33()).toBe(high);
      expect(reader.s64()).toEqual([low, high]);
      expect(reader.s64()).toEqual([low, low >> 31]);
      expect(reader.offset).toBe(writer.length);
    }),
  );
});

test("property: no byte string makes the decoder fail in any other way", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      const bytes = new Uint8Array(8 + tail.length);
      bytes.set([0x00, 0x61, 0x73, 0x6d, 1]);
      bytes.set(tail, 8);
      refusal(bytes);
    }),
    { numRuns: 2000 },
  );
});

test("writes compiled modules again byte by byte, with and without a name section", async () => {
  for (const flags of [[], ["--debug"]]) {
    const bytes = await compileSample("token", flags);
    expect(equalBytes(encodeModule(decodeModule(bytes)), bytes), flags.join()).toBe(true);
  }
  const floats = await compileAssemblyScript(
    "export function f(x: f64, y: f32): i64 { return <i64>(x * 1.5) + <i64>sqrt(y); }",
    processFlags,
  );
  expect(equalBytes(encodeModule(decodeModule(floats)), floats)).toBe(true);
});

const folder = vectorsFolder("wasm-spec");
/** Their point is the long spelling of numbers or an empty section. */
const notCanonical = new Set(["binary", "binary-leb128", "custom", "float_literals"]);

interface SpecCommand {
  readonly type: string;
  readonly filename?: string;
  readonly module_type?: string;
}

function binariesOf(name: string, type: string): readonly Uint8Array[] {
  const script = readFileSync(join(folder!, name, `${name}.json`), "utf8");
  const { commands } = JSON.parse(script) as { commands: readonly SpecCommand[] };
  return commands.flatMap((command) =>
    command.type === type && command.filename?.endsWith(".wasm") && command.module_type !== "text"
      ? [new Uint8Array(readFileSync(join(folder!, name, command.filename)))]
      : [],
  );
}

if (folder === null) {
  test("wasm-spec vectors absent, passed over: round trip and malformed modules", () => {
    expect(folder).toBeNull();
  });
} else {
  const names = readdirSync(folder).filter((name) => name !== "LICENSE");

  test("writes the standard's modules again, byte by byte where they are canonical", () => {
    let count = 0;
    for (const name of names) {
      for (const bytes of binariesOf(name, "module")) {
        const again = encodeModule(decodeModule(bytes));
        // Once in canonical form, a module stays as it is.
        expect(equalBytes(encodeModule(decodeModule(again)), again), name).toBe(true);
        if (!notCanonical.has(name)) expect(equalBytes(again, bytes), name).toBe(true);
        count++;
      }
    }
    expect(count).toBeGreaterThan(1000);
  });

  test("refuses every malformed module of the standard", () => {
    let count = 0;
    for (const name of names) {
      for (const bytes of binariesOf(name, "assert_malformed")) {
        expect(refusal(bytes).code, name).not.toBe("accepted");
        count++;
      }
    }
    expect(count).toBeGreaterThan(700);
  });
}
