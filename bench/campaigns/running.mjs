/**
 * What campaigns share: a script in TypeScript bundled so that Node 20 runs it, its output read line by
 * line, the machine in words, and the log.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = new URL("../../", import.meta.url);

/** The machine and how busy it is: a figure of time is worth what this line says. */
export const machine = () => {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const load = loadavg()[0].toFixed(1);
  return `Node ${process.versions.node}, ${cpus().length} × ${model}, load ${load}`;
};

/**
 * One bundle of a script in TypeScript, at the path from the repository's root; it stands in `dist`,
 * where the packages are found, or in a folder from where its sources find their files as they do from
 * their own. The caller removes it.
 */
export const bundle = async (script, folder = "dist") => {
  const name = script.replaceAll("/", "-").replace(/\.ts$/, "");
  const outfile = fileURLToPath(new URL(`${folder}/${name}-${process.pid}.mjs`, root));
  await build({
    entryPoints: [fileURLToPath(new URL(script, root))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
  });
  return outfile;
};

/** Runs a script and gives each line of its output that is JSON to `take`; its exit code. */
export const runScript = (file, args, take, nodeFlags = []) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeFlags, file, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) take(JSON.parse(line));
    });
    child.on("error", reject);
    child.on("close", resolve);
  });

/**
 * The log of a campaign whose lines are JSON: said as they come, and written at the end, but where the
 * caller wants the lines alone.
 */
export const journal = (log, title, isLinesOnly) => {
  const lines = [title, machine(), ""];
  return {
    say: (line) => {
      console.log(JSON.stringify(line));
      lines.push(JSON.stringify(line));
    },
    end: () => {
      if (!isLinesOnly) writeLog(log, lines);
    },
  };
};

/** Writes a campaign's log beside this file. */
export const writeLog = (name, lines) => {
  writeFileSync(new URL(name, import.meta.url), `${lines.join("\n")}\n`);
  console.log(`bench/campaigns/${name}`);
};
