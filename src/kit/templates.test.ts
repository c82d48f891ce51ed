import { expect, test } from "vitest";
import { compileProcess } from "./compile.ts";
import { templateFiles, templateNames } from "./templates.ts";

test.each(templateNames)("%s is a project that builds, with a test and a README", async (name) => {
  const files = templateFiles(name);
  expect([...files.keys()]).toEqual(
    expect.arrayContaining(["README.md", `${name}.test.mjs`, "assembly/index.ts"]),
  );
  const readSource = (path: string): string | null => files.get(path) ?? null;
  const result = await compileProcess({ entry: "assembly/index.ts", readSource });
  expect(result).toMatchObject({ ok: true, diagnostics: [] });
});
