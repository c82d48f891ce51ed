/**
 * The page that verifies a receipt: the package's export for it, and nothing that asks a network.
 *
 * @module
 */

import { type ReceiptExpectation, verifyResult } from "../../src/client/verify.ts";

/** What the test calls on the page's `globalThis`. */
export interface ReceiptPage {
  /** Fetches the file and verifies it; `flip` names a byte to change before, -1 none. */
  verifyFile(path: string, expected: ReceiptExpectation, flip: number): Promise<PageVerdict>;
}

export interface PageVerdict {
  readonly ok: boolean;
  readonly levels: readonly string[];
  /** By name: the status, and the milliseconds that it took. */
  readonly lines: readonly (readonly [name: string, status: string, ms: number])[];
  readonly ms: number;
}

const page: ReceiptPage = {
  verifyFile: async (path, expected, flip) => {
    const bytes = new Uint8Array(await (await fetch(path)).arrayBuffer());
    if (flip >= 0) bytes[flip] = (bytes[flip] ?? 0) ^ 1;
    const start = performance.now();
    const { ok, levels, checks } = verifyResult(bytes, expected);
    const ms = performance.now() - start;
    const lines = checks.map(({ name, status, ms: took }) => [name, status, took] as const);
    return { ok, levels, lines, ms };
  },
};

Object.assign(globalThis, page);
