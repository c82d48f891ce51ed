import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fromBase64 } from "../base/base64.ts";
import { judgeEvidence } from "./judge-evidence.ts";

interface Vector {
  readonly about: string;
  readonly convicts: { readonly role: string; readonly unit: string; readonly lie: string } | null;
  readonly file: string;
}

const vectors = new URL("../../spec/vectors/evidence/evidence_v1.json", import.meta.url);
const { files } = JSON.parse(await readFile(vectors, "utf8")) as { readonly files: Vector[] };

test("every file of the vectors convicts whom it should of what it should, or nobody", () => {
  expect(new Set(files.map(({ convicts }) => convicts?.lie)).size).toBe(11);
  for (const { about, convicts, file } of files) {
    const verdict = judgeEvidence(fromBase64(file) ?? new Uint8Array());
    const expected = convicts === null ? { convicts: false } : { ...convicts, convicts: true };
    expect(verdict, about).toMatchObject(expected);
  }
});

test("a file that was cut or has more convicts nobody", () => {
  for (const { file } of files) {
    const bytes = fromBase64(file) ?? new Uint8Array();
    expect(judgeEvidence(bytes.slice(0, -1)).convicts).toBe(false);
    expect(judgeEvidence(Uint8Array.of(...bytes, 0)).convicts).toBe(false);
  }
});
