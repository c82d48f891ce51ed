/**
 * The console in a browser, as a real dev network serves it, watched: what it asks of whom, and what it
 * fails with.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { nymcompute, start, temporaryHome } from "../dev-network.ts";

/** Where the units of a network are, and how it ends. */
export interface ConsoleNetwork {
  readonly messenger: string;
  readonly scheduler: string;
  readonly compute: string;
  readonly network: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends it; its exit code. */
  end(): Promise<number | null>;
}

/** Starts a dev network with a prover. */
export async function startConsoleNetwork(): Promise<ConsoleNetwork> {
  const home = await temporaryHome();
  const { folder, env } = home;
  const dev = start([nymcompute, "dev", "--port", "0", "--prover", "1", "--json"], {
    cwd: folder,
    env,
  });
  const [line] = await dev.said(/\{.*\}/);
  const units = JSON.parse(line) as Pick<
    ConsoleNetwork,
    "messenger" | "scheduler" | "compute" | "network"
  >;
  return {
    ...units,
    folder,
    env,
    end: async () => {
      const code = await dev.end();
      await home.remove();
      return code;
    },
  };
}

/** A visit: a browser profile of its own, with what was seen of it. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Origins that something was asked of, by page or worker. */
  readonly asked: ReadonlySet<string>;
  /** What went wrong by itself, and what the page's policy refused. */
  readonly errors: readonly string[];
}

/** Opens the console at a place, in a window of the given width. */
export async function openConsole(
  browser: Browser,
  { messenger }: Pick<ConsoleNetwork, "messenger">,
  options: { readonly place?: string; readonly width?: number; readonly dark?: boolean } = {},
): Promise<Visit> {
  const { place = "#/", width = 1280, dark = false } = options;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: dark ? "dark" : "light",
    acceptDownloads: true,
  });
  const asked = new Set<string>();
  const errors: string[] = [];
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:") asked.add(origin);
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) errors.push(message.text());
  });
  await page.goto(`${messenger}/console${place}`);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  return { context, page, asked, errors };
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

interface AxeFinding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly unknown[] }[];
}

/** What axe finds serious or critical on a page as it stands: rule, and where. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // By evaluation: the page's policy lets no script of another origin in.
  await page.evaluate(axeSource);
  const violations = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )) as readonly AxeFinding[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join("; ")}`);
}
