/**
 * Suite `console`: the page that messengers serve, in headless Chromium, over 10,000 processes and a log
 * of 100,000 entries that was read whole: from a scroll or a typed letter until what follows is drawn. The
 * units are a server that answers at once (test/console/fake-network.ts), so the page's own work is
 * what is timed.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { median, percentile } from "../statistics.mjs";

const root = new URL("../../", import.meta.url);
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const sizes = { processes: 10_000, entries: 100_000 };
/** A list must not keep anyone waiting for longer. */
const boundMs = 100;
const note = (text) => process.stderr.write(`bench: console: ${text}\n`);

/** The tests' own server and measurement, which are TypeScript. */
async function fromTests() {
  const source = `export * from "./fake-network.ts"; export * from "./measure-lists.ts";`;
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL("test/console/", root)) },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    logLevel: "silent",
  });
  const text = Buffer.from(outputFiles[0].contents).toString("base64");
  return import(`data:text/javascript;base64,${text}`);
}

function rowsOf(name, { scrollMs, searchMs, rowsMax }) {
  const row = (id, label, values) => {
    const value = percentile(values, 0.95);
    const middle = median(values).toFixed(0);
    const worst = Math.max(...values).toFixed(0);
    return {
      ...{ id: `${name}-${id}`, label, value, unit: "ms", goal: { valueMax: boundMs } },
      ...{ peerLabel: "bound", peerValue: boundMs, ratio: value / boundMs, ratioRange: null },
      detail: `p50 ${middle} ms, worst ${worst} ms, ${rowsMax} rows in the document at the most`,
    };
  };
  return [
    row("scroll", `${name} scrolled until drawn, p95`, scrollMs),
    row("search", `${name} searched until drawn, p95`, searchMs),
  ];
}

/** What a search field holds, letter by letter. */
const typed = (text) => Array.from({ length: text.length }, (_, i) => text.slice(0, i + 1));

async function measureProcesses(page, { origin }, { measureList }, scrolls) {
  await page.goto(`${origin}/console`);
  await page.getByText("10,000 in all").waitFor();
  const queries = typed("token 99");
  const list = ".list-processes .list-scroll";
  const input = "#process-search";
  return measureList(page, { list, input, scrolls, queries: [...queries, "chat", ""] });
}

async function measureLog(page, { origin }, { fakeId, measureList }, scrolls) {
  await page.goto(`${origin}/console#/process/${fakeId("process", 4)}`);
  const button = page.getByRole("button", { name: "Read the whole log" });
  await button.click();
  const start = performance.now();
  await button.waitFor({ state: "detached", timeout: 180_000 });
  await page
    .getByRole("button", { name: /^Reading/ })
    .waitFor({ state: "detached", timeout: 180_000 });
  note(`100,000 entries read in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const queries = typed("transfer 77");
  const list = ".list-log .list-scroll";
  const input = "#log-search";
  return measureList(page, { list, input, scrolls, queries: [...queries, "nothing has this", ""] });
}

export async function runConsole({ isQuick }) {
  const executablePath = places.find((path) => existsSync(path));
  if (executablePath === undefined) {
    note("no Chromium on this machine: nothing measured");
    return [];
  }
  const tests = await fromTests();
  const folder = fileURLToPath(new URL("dist/console/", root));
  const network = await tests.startFakeNetwork({ ...sizes, page: folder });
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  const scrolls = isQuick ? 40 : 200;
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const processes = await measureProcesses(page, network, tests, scrolls);
    const log = await measureLog(page, network, tests, scrolls);
    note(`Chromium ${browser.version()}`);
    return [...rowsOf("10,000 processes", processes), ...rowsOf("100,000 entries", log)];
  } finally {
    await browser.close();
    await network.close();
  }
}
