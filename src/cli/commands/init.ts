/**
 * `nymcompute init`: a new project, copied from a process that this package ships. Nothing has to be
 * installed in it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { argumentAt } from "../options.ts";
import { packageFolder } from "../places.ts";

const templates = ["counter", "token", "chat"] as const;

export const initCommand: Command = defineCommand({
  command: "nymcompute init",
  summary: "Makes a new project for a process.",
  arguments: [{ name: "DIR", help: "the project's folder; it is made" }],
  options: [
    {
      name: "template",
      kind: "string",
      default: "counter",
      env: null,
      short: "t",
      choices: templates,
      help: "what to begin with",
    },
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const name = argumentAt(given, 0);
    const directory = resolve(terminal.folder, name);
    const copies = await copiesOf(values.template);
    const files = [...copies.keys(), ".gitignore"].sort();
    for (const file of files) refuseExisting(join(directory, file));
    for (const [file, source] of copies) {
      const target = join(directory, file);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(source, target);
    }
    await writeFile(join(directory, ".gitignore"), "build/\n.nymcompute/\n");
    const enter = `cd ${relative(terminal.folder, directory) || "."}`;
    return {
      json: { directory, files },
      text: `${files.map((file) => `  ${file}`).join("\n")}\n\nnext: ${enter} && nymcompute test`,
    };
  },
});

/** What the project consists of: path in it → file of this package. */
async function copiesOf(template: string): Promise<ReadonlyMap<string, string>> {
  const processes = join(packageFolder(), "processes");
  const copies = new Map<string, string>();
  for (const [source, below] of [
    [join(processes, "templates", template), ""],
    [join(processes, template, "assembly"), "assembly"],
  ] as const) {
    if (!existsSync(source)) continue;
    for (const file of await filesBelow(source)) copies.set(join(below, file), join(source, file));
  }
  return copies;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)));
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new CliError("FILE_EXISTS", { path }, "choose another folder; nothing was written");
}
