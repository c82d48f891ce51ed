/**
 * The specification and those who cite it: a section that code, README or specification names exists,
 * and so does every file that a page links to.
 *
 * @module
 */

import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = [
  ...["src", "messenger-unit", "scheduler-unit", "compute-unit", "processes", "test", "scripts"],
  ...["examples", "spec"],
];

async function filesOf(ending: RegExp): Promise<readonly string[]> {
  const below = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  return [...below.flat(), "README.md", "CHANGELOG.md"].filter((file) => ending.test(file));
}

/** Sections by the page's number, such as `06`: the page's file and its numbers, such as `2.4`. */
async function pages(): Promise<
  ReadonlyMap<string, { readonly file: string; readonly sections: ReadonlySet<string> }>
> {
  const names = (await readdir(join(root, "spec"))).filter((name) => /^\d\d-.*\.md$/.test(name));
  return new Map(
    await Promise.all(
      names.map(async (file) => {
        const text = await readFile(join(root, "spec", file), "utf8");
        const sections = [...text.matchAll(/^#{2,3} ([0-9.]*[0-9]) /gm)].map(([, at]) => at ?? "");
        return [file.slice(0, 2), { file, sections: new Set(sections) }] as const;
      }),
    ),
  );
}

/** `§1`, `§1, §2`, `§1 and §2`, `§1 to §3`. */
const places = "§[0-9.]*[0-9](?:(?:,| and| to) §[0-9.]*[0-9])*";

interface Citation {
  readonly page: string;
  /** The file's name where the citation has one. */
  readonly named: string | null;
  readonly sections: readonly string[];
}

/** Citations of a text whose comments are one line each: `spec/06-execution.md §2`, `section 06 §2`. */
function citationsOf(text: string): readonly Citation[] {
  const joined = text.replaceAll(/\n[ \t]*(?:\*|\/\/)?[ \t]*/g, " ");
  const forms = [
    new RegExp(String.raw`spec/((\d\d)[a-z-]*(?:\.md)?)(?:\)?,? (${places}))?`, "g"),
    new RegExp(String.raw`[Ss]ection ((\d\d))(?: (${places}))?`, "g"),
  ];
  return forms.flatMap((form) =>
    [...joined.matchAll(form)].map(([, name, page, sections]) => ({
      page: page ?? "",
      named: name?.endsWith(".md") === true ? name : null,
      sections: [...(sections ?? "").matchAll(/§([0-9.]+)/g)].map(([, at]) => at ?? ""),
    })),
  );
}

test("every cited section of the specification exists", async () => {
  const known = await pages();
  const wrong: string[] = [];
  let count = 0;
  for (const file of await filesOf(/\.(ts|mjs|md)$/)) {
    if (file === join("test", "spec-citations.test.ts")) continue;
    for (const { page, named, sections } of citationsOf(await readFile(join(root, file), "utf8"))) {
      count++;
      const found = known.get(page);
      const isThere = found !== undefined && (named === null || named === found.file);
      if (!isThere) wrong.push(`${file} cites ${named ?? page}`);
      const missing = sections.filter((at) => found?.sections.has(at) !== true);
      if (isThere && missing.length > 0)
        wrong.push(`${file} cites ${page} §${missing.join(", §")}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(150);
});

test("a citation that is broken over lines, or names several sections, is read whole", () => {
  const text = "/**\n * As it says (spec/06-execution.md §2.1 and\n * §3), and spec/99-no.md.\n */";
  expect(citationsOf(text)).toEqual([
    { page: "06", named: "06-execution.md", sections: ["2.1", "3"] },
    { page: "99", named: "99-no.md", sections: [] },
  ]);
});

test("every page, folder and file that a README or a page of the specification links to exists", async () => {
  const broken: string[] = [];
  for (const file of await filesOf(/\.md$/)) {
    const text = await readFile(join(root, file), "utf8");
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      const path = join(root, dirname(file), target ?? "");
      await access(path).catch(() => broken.push(`${file} links to ${target}`));
    }
  }
  expect(broken).toEqual([]);
});
