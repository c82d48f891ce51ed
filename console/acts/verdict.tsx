/**
 * A verification as it goes on and what it came to, line by line. What is absent or was not checked is
 * called that, and the words below the lines say no more than the lines do.
 *
 * @module
 */

import type { VNode } from "preact";
import type { Check } from "../../src/client/check-lines.ts";
import type { Verified } from "./act-calls.ts";
import { saveFile } from "./form-parts.tsx";
import { levelWords, verdictWord } from "./verdict-words.ts";

export interface VerdictProps {
  /** The lines so far. */
  readonly lines: readonly Check[];
  /** Null while it goes on. */
  readonly verified: Verified | null;
  readonly fileName: string | null;
}

export function VerdictLines({ lines, verified, fileName }: VerdictProps): VNode {
  return (
    <>
      <div class="table-scroll">
        <table class="checks" aria-busy={verified === null}>
          <caption>What was checked in this page</caption>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Verdict</th>
              <th scope="col" class="number">
                Time
              </th>
              <th scope="col">What was found</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ name, status, detail, ms }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class={`status-${status === "not checked" ? "unchecked" : status}`}>
                  {status}
                </td>
                <td class="number">{ms === 0 ? "" : `${ms} ms`}</td>
                <td class="found">{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div role="status" aria-live="polite">
        {verified === null ? <p>checking …</p> : <Summary verified={verified} />}
      </div>
      {verified === null || fileName === null ? null : (
        <div class="row">
          <button
            type="button"
            onClick={() => saveFile(fileName, verified.receipt, "application/msgpack")}
          >
            Save the receipt
          </button>
        </div>
      )}
    </>
  );
}

function Summary({ verified }: { readonly verified: Verified }): VNode {
  const { verdict, receipt, collectMs, verifyMs } = verified;
  const collected = collectMs === 0 ? "" : `collected in ${Math.round(collectMs)} ms, `;
  return (
    <>
      <p class={verdict.ok ? "strong" : "error"}>{verdictWord(verdict)}</p>
      <ul>
        {levelWords(verdict).map((word) => (
          <li key={word}>{word}</li>
        ))}
      </ul>
      <p class="note">
        {Math.ceil(receipt.length / 1024)} KiB, {collected}checked in {Math.round(verifyMs)} ms. The
        file can be judged again elsewhere: <code>nymcompute verify FILE</code>.
      </p>
    </>
  );
}
