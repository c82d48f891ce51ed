/**
 * The long run of the fuzzers, one JSON line a report: bundled and started by `campaign.mjs`.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { minimalProcess } from "../../src/testing/minimal-process.ts";
import { encodeModule } from "../../src/wasm/binary/encode.ts";
import { fuzz } from "./fuzz.ts";
import { allReaders, moduleReader } from "./readers.ts";
import { fuzzRequests } from "./request-fuzz.ts";

/** Requests to one network, before a new one takes its place. */
const requestsPerNetwork = 2000;

const [root = ".", inputs = "0", modules = "0", requests = "0"] = process.argv.slice(2);

const say = (report: { readonly findings: readonly string[] }): void => {
  const spelled = JSON.stringify(report, (_name, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value,
  );
  process.stdout.write(`${spelled}\n`);
};

for (const reader of await allReaders()) say(await fuzz(reader, 0, Number(inputs)));
const built = ["counter", "token", "chat"].map((name) =>
  readFile(join(root, `dist/processes/${name}.wasm`)),
);
const seeds = [encodeModule(minimalProcess()), ...(await Promise.all(built))];
say(await fuzz(moduleReader(seeds), 0, Number(modules)));
for (let from = 0; from < Number(requests); from += requestsPerNetwork) {
  const to = Math.min(from + requestsPerNetwork, Number(requests));
  const report = await fuzzRequests(from, to);
  say({ name: `requests from ${from}`, ...report } as typeof report);
}
