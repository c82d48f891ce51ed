import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { minimalProcess } from "../../src/testing/minimal-process.ts";
import { encodeModule } from "../../src/wasm/binary/encode.ts";
import { fuzz } from "./fuzz.ts";
import { allReaders, moduleReader } from "./readers.ts";

/** The campaign (`npm run campaign hostile`) goes on where this sample ends. */
const inputsPerReader = 200;

test("every reader refuses mutated bytes with a code, or accepts them as the same bytes", async () => {
  for (const reader of await allReaders()) {
    const report = await fuzz(reader, 0, inputsPerReader);
    expect(report.findings, reader.name).toEqual([]);
    expect(report.refused.size, reader.name).toBeGreaterThan(0);
  }
});

test("a mutated module is refused with a code, or the engine takes it", async () => {
  const counter = new URL("../../dist/processes/counter.wasm", import.meta.url);
  const seeds = [encodeModule(minimalProcess()), new Uint8Array(await readFile(counter))];
  const report = await fuzz(moduleReader(seeds), 0, 400);
  expect(report.findings).toEqual([]);
  expect(report.accepted).toBeGreaterThan(0);
});
