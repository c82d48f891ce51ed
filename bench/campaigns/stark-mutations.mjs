/**
 * The long run against the verifier: byte flips and structural mutations of honest proofs, each of
 * which must be refused without an exception and within bounded memory.
 *
 *   npm run campaign -- stark-mutations [flips] [structural] [first seed]
 *
 * @module
 */

import { flipByte, otherStatements, restructure } from "../../dist/src/stark/toys/mutations.js";
import { proveToy, quickParameters } from "../../dist/src/stark/toys/quick.js";
import { fibonacciToy, squaresToy } from "../../dist/src/stark/toys/toys.js";
import { verify } from "../../dist/src/stark/verifier.js";
import { machine, writeLog } from "./running.mjs";

const [flips = 1_000_000, structural = 100_000, firstSeed = 0] = process.argv.slice(2).map(Number);
/** What may lie between two samples of memory beyond the start: garbage of small verifications. */
const memoryBound = 512 * 2 ** 20;

const lines = [machine()];
const say = (line) => {
  console.log(line);
  lines.push(line);
};

const parameters = { ...quickParameters, queries: 3 };
const toys = [fibonacciToy(parameters, 3), squaresToy(parameters, 3)];
const proven = [];
for (const toy of toys) proven.push(await proveToy(toy));

const codes = new Map();
const start = process.memoryUsage();
let mostBytes = 0;

function judge(name, verdict) {
  if (verdict.ok) throw new Error(`accepted: ${name}`);
  codes.set(verdict.reason.code, (codes.get(verdict.reason.code) ?? 0) + 1);
}

function sampleMemory() {
  const now = process.memoryUsage();
  const bytes = now.heapUsed + now.arrayBuffers - start.heapUsed - start.arrayBuffers;
  mostBytes = Math.max(mostBytes, bytes);
  if (bytes > memoryBound) throw new Error(`${bytes} bytes in use`);
}

function run(name, count, mutate) {
  const begun = performance.now();
  for (let i = 0; i < count; i++) {
    const seed = firstSeed + i;
    const which = i % toys.length;
    const mutated = mutate(proven[which].proof, proven[1 - which].proof, seed);
    judge(`${name} ${seed}`, verify(proven[which].key, toys[which].statement, mutated));
    if (i % 64 === 0) sampleMemory();
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  say(`${count} ${name}: all refused, none threw, ${seconds} s`);
}

run("byte flips", flips, (proof, _other, seed) => flipByte(proof, seed));
run("structural mutations", structural, restructure);
let statements = 0;
for (const [i, toy] of toys.entries()) {
  for (const other of otherStatements(toy.statement)) {
    judge(`statement ${statements++}`, verify(proven[i].key, other, proven[i].proof));
    sampleMemory();
  }
}
say(`${statements} other statements: all refused, none threw`);
say(`most memory beyond the start: ${(mostBytes / 2 ** 20).toFixed(0)} MiB`);
const counts = [...codes].sort(([a], [b]) => a.localeCompare(b));
for (const [code, count] of counts) say(`${code.padEnd(26)} ${count}`);
writeLog("stark-mutations_v1.txt", lines);
