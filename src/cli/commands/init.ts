/**
 * `nymcompute init`: a new project, copied from a process that this package ships. Nothing has to be
 * installed in it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { templateFiles, templateNames } from "../../kit/templates.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { argumentAt } from "../options.ts";

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
      choices: templateNames,
      help: "what to begin with",
    },
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const name = argumentAt(given, 0);
    const directory = resolve(terminal.folder, name);
    const template = templateNames.find((each) => each === values.template) ?? "counter";
    const texts = new Map([...templateFiles(template), [".gitignore", "build/\n.nymcompute/\n"]]);
    const files = [...texts.keys()].sort();
    for (const file of files) refuseExisting(join(directory, file));
    for (const [file, text] of texts) {
      const target = join(directory, file);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    const enter = `cd ${relative(terminal.folder, directory) || "."}`;
    return {
      json: { directory, files },
      text: `${files.map((file) => `  ${file}`).join("\n")}\n\nnext: ${enter} && nymcompute test`,
    };
  },
});

function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new CliError("FILE_EXISTS", { path }, "choose another folder; nothing was written");
}
