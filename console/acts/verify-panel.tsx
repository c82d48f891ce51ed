/**
 * "Verify" on a message's page: collects its receipt from the units and checks it in this browser.
 *
 * @module
 */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Check } from "../../src/client/check-lines.ts";
import { type Network, unitUrls } from "../network/units.ts";
import type { Verified } from "./act-calls.ts";
import { Failure, Field } from "./form-parts.tsx";
import { useActs, useTask } from "./page-acts.ts";
import { VerdictLines } from "./verdict.tsx";
import { witnessKeys } from "./verdict-words.ts";

export interface VerifyPanelProps {
  readonly network: Network;
  readonly message: string;
  /** The process that the page shows the message of: its receipt must be of no other. */
  readonly process: string;
}

export function VerifyPanel({ network, message, process }: VerifyPanelProps): VNode {
  const { call } = useActs();
  const { isBusy, error, run } = useTask();
  const [keys, setKeys] = useState("");
  const [lines, setLines] = useState<readonly Check[]>([]);
  const [verified, setVerified] = useState<Verified | null>(null);
  const verify = (): void =>
    run(async () => {
      setLines([]);
      setVerified(null);
      const input = { units: unitUrls(network), message, process, witnesses: witnessKeys(keys) };
      const heard = (line: Check): void => setLines((before) => [...before, line]);
      setVerified(await call("verify", input, { heard }));
    });
  return (
    <section class="card" aria-label="Verify">
      <h2>Verify</h2>
      <p>
        Collects everything that speaks for this message's result and checks it in this browser:
        signatures, inclusion, head and witnesses, attestation, proof.
      </p>
      <WitnessKeys keys={keys} onKeys={setKeys} />
      <div class="row">
        <button type="button" class="primary" disabled={isBusy} onClick={verify}>
          {isBusy ? "Verifying …" : "Verify in this page"}
        </button>
      </div>
      {error === null ? null : <Failure>{error}</Failure>}
      {isBusy || verified !== null ? (
        <VerdictLines
          lines={lines}
          verified={verified}
          fileName={`${message.slice(0, 8)}.receipt`}
        />
      ) : null}
    </section>
  );
}

/** Cosignatures count where the reader knows whose they are. */
export function WitnessKeys({
  keys,
  onKeys,
}: {
  readonly keys: string;
  readonly onKeys: (keys: string) => void;
}): VNode {
  return (
    <details>
      <summary>Witnesses that you know</summary>
      <Field
        label="Verifier keys, one a line"
        kind="lines"
        value={keys}
        onInput={onKeys}
        hint="As a witness's /vkey says. Without one, cosignatures are not checked."
      />
    </details>
  );
}
