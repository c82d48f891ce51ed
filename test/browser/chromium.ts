/**
 * A real browser for tests: Chromium as the system has it, driven by `playwright-core`, which
 * brings none of its own. `scripts/install-browser.sh` installs Debian's.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is, or null on a machine without it. */
export const chromiumPath: string | null = places.find((path) => existsSync(path)) ?? null;

/** Starts it without a window, with a new and empty profile. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    timeout: 30_000,
    // Its sandbox does not start as root, which CI is. The pages are this repository's own.
    chromiumSandbox: false,
    // The browser asks nothing of anyone but the servers that the test started.
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
