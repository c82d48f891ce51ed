/**
 * `npm run campaign -- NAME [options]` runs a campaign of `bench/campaigns/registry.mjs`, a long run
 * that is no part of the tests and leaves its log in `bench/campaigns/`; without a name it lists them.
 * Run `npm run build` first.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { campaigns } from "../bench/campaigns/registry.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const [name, ...args] = process.argv.slice(2);
const campaign = campaigns.find((one) => one.name === name);

if (campaign !== undefined) {
  const child = spawn(process.execPath, [campaign.script, ...args], {
    cwd: root,
    stdio: "inherit",
  });
  child.on("close", (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  const isAsking = name === undefined || name === "--help" || name === "-h";
  if (!isAsking) console.error(`there is no campaign ${name}\n`);
  console.log("npm run campaign -- NAME [options]\n");
  for (const { name: known, shows, minutes, log, sample } of campaigns) {
    console.log(`${known}: ${shows}`);
    console.log(`  about ${minutes} min, bench/campaigns/${log}, sample: ${sample}`);
  }
  if (!isAsking) process.exitCode = 2;
}
