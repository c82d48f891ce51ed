/**
 * The campaigns against the zkVM's constraints, a line of JSON for each thing found: `mutations PER_COLUMN
 * SEED` mutates rows, `deletions FREE AIMED SEED` seeks a forgery for each constraint.
 *
 * @module
 */

import { forgeryText, huntDeletions, isNoticed } from "../../src/testing/zkvm-hunt/deletions.ts";
import { sampleSlots } from "../../src/testing/zkvm-hunt/hunt-slots.ts";
import { huntTables } from "../../src/testing/zkvm-hunt/hunt-table.ts";
import { mutateRows } from "../../src/testing/zkvm-hunt/mutation-campaign.ts";
import { system } from "../../src/zkvm/system.ts";

const [what = "", ...numbers] = process.argv.slice(2);
const tables = huntTables(system);

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function mutations([perColumn = 1000, seed = 1]: readonly number[]): void {
  const slots = sampleSlots({ random: 40, seed });
  for (const table of tables) {
    const { counts, accepted, freedoms } = mutateRows([table], { slots, seed, perColumn });
    say({ table: table.name, counts, accepted, freedoms: [...freedoms] });
  }
}

function deletions([free = 1000, aimed = 1000, seed = 1]: readonly number[]): void {
  const slots = sampleSlots({ random: 40, seed });
  for (const table of tables) {
    const report = huntDeletions(table, { slots, seed, free, aimed, enough: "harmful" });
    const found = report.deletions.map((deletion) => ({
      name: deletion.name,
      grade: deletion.grade,
      noticed: isNoticed(deletion),
      text: deletion.forgery === null ? null : forgeryText(deletion.forgery),
    }));
    const accepted = report.accepted.map(forgeryText);
    say({ table: table.name, found, judged: report.judged, accepted });
  }
}

if (what === "mutations") mutations(numbers.map(Number));
else deletions(numbers.map(Number));
