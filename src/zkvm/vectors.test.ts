import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { createWasmEngine } from "../stark/kernels/wasm-engine.ts";
import { StateKernel } from "../state/kernel.ts";
import { rowsHash } from "../testing/zkvm-vectors.ts";
import { genesisImage } from "../wasm/validate/genesis-image.ts";
import { decodeSlotProof } from "./encode-evidence.ts";
import { createProver, proveSlot } from "./prove-slot.ts";
import { prepareModule, programOf } from "./slot-context.ts";
import { statementBytes, stepKey } from "./statement.ts";

function vectorFile<Value>(name: string): Value {
  const file = new URL(`../../spec/vectors/zkvm/${name}_v1.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Value;
}

interface Programs {
  readonly key: string;
  readonly programs: readonly {
    readonly name: string;
    readonly module: string;
    readonly memoryPagesMax: number;
    readonly moduleRows: number;
    readonly slot: {
      readonly first: boolean;
      readonly inboxLength: number;
      readonly rows: number;
      readonly start: number;
      readonly stackLimit: number;
    };
    readonly rowsHash: string;
  }[];
}

interface ProvenSlot {
  readonly name: string;
  readonly module: string;
  readonly gasLimit: number;
  readonly memoryPagesMax: number;
  readonly first: boolean;
  readonly inbox: string;
  readonly segmentRows: number;
  readonly statement: string;
  readonly returned: string | null;
  readonly proof: { readonly segments: number; readonly bytes: number; readonly sha256: string };
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null) throw new Error("no hexadecimal text");
  return bytes;
}

const { key, programs } = vectorFile<Programs>("programs");

test("modules are translated into the programs of the vectors, under their key", () => {
  expect(toHex(stepKey)).toBe(key);
  for (const { name, module, memoryPagesMax, moduleRows, slot, rowsHash: hash } of programs) {
    const { translated } = prepareModule(bytesOf(module), memoryPagesMax);
    const inbox = new Uint8Array(slot.inboxLength);
    const { rows, start, stackLimit } = programOf(translated!, { first: slot.first, inbox });
    expect(translated!.program.rows.length, name).toBe(moduleRows);
    expect([rows.length, start, stackLimit], name).toEqual([
      slot.rows,
      slot.start,
      slot.stackLimit,
    ]);
    expect(rowsHash(rows), name).toBe(hash);
  }
});

test("the first slots of these modules have the statements and the proofs of the vectors", async () => {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });
  const prover = await createProver(engine, new StateKernel());
  for (const slot of vectorFile<readonly ProvenSlot[]>("slots")) {
    const { name, gasLimit, memoryPagesMax, first, segmentRows } = slot;
    const { module: bytes } = programs.find((each) => each.name === slot.module)!;
    const module = prepareModule(bytesOf(bytes), memoryPagesMax);
    const pre = genesisImage(module.translated!.validated);
    const limits = { gasLimit, memoryPagesMax };
    const input = { module, limits, first, pre, inbox: bytesOf(slot.inbox) };
    const { statement, proof, returned } = await proveSlot(prover, input, { segmentRows });
    expect(toHex(statementBytes(statement)), name).toBe(slot.statement);
    expect(returned === null ? null : toHex(returned), name).toBe(slot.returned);
    const { count: segments } = decodeSlotProof(proof);
    const got = { segments, bytes: proof.length, sha256: toHex(sha256(proof)) };
    expect(got, name).toEqual(slot.proof);
  }
});
