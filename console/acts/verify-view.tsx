/**
 * Judges a receipt that somebody has, in this browser and without asking any unit.
 *
 * @module
 */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Check } from "../../src/client/check-lines.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { placeOfProcess } from "../shell/router.ts";
import type { ViewProps } from "../shell/view.ts";
import type { Verified } from "./act-calls.ts";
import { Failure, Field, FileField } from "./form-parts.tsx";
import { useActs, useTask } from "./page-acts.ts";
import { VerdictLines } from "./verdict.tsx";
import { witnessKeys } from "./verdict-words.ts";
import { WitnessKeys } from "./verify-panel.tsx";

export function VerifyView({ network }: ViewProps): VNode {
  const { call } = useActs();
  const { isBusy, error, run } = useTask();
  const [file, setFile] = useState<File | null>(null);
  const [message, setMessage] = useState("");
  const [keys, setKeys] = useState("");
  const [lines, setLines] = useState<readonly Check[]>([]);
  const [verified, setVerified] = useState<Verified | null>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (file === null) return;
    run(async () => {
      setLines([]);
      setVerified(null);
      const asked = message.trim() === "" ? {} : { message: message.trim() };
      const expected = { network: network.id, witnesses: witnessKeys(keys), ...asked };
      const receipt = new Uint8Array(await file.arrayBuffer());
      const heard = (line: Check): void => setLines((before) => [...before, line]);
      setVerified(await call("verifyFile", { receipt, expected }, { heard }));
    });
  };
  const about = verified?.verdict;
  return (
    <>
      <h1>Verify a receipt</h1>
      <form class="form" onSubmit={submit} aria-label="Verify a receipt">
        <FileField
          label="Receipt"
          accept=".receipt,application/msgpack"
          hint={
            <>
              As a message's page or <code>nymcompute receipt</code> saves it. It is not sent
              anywhere.
            </>
          }
          onFile={setFile}
        />
        <Field
          label="Message that it must be of"
          value={message}
          onInput={setMessage}
          hint="Left empty, any message's receipt will do."
        />
        <WitnessKeys keys={keys} onKeys={setKeys} />
        <div class="row">
          <button type="submit" class="primary" disabled={isBusy || file === null}>
            {isBusy ? "Verifying …" : "Verify the file"}
          </button>
        </div>
      </form>
      {error === null ? null : <Failure>{error}</Failure>}
      {about === undefined || about.process === null ? null : (
        <p>
          Slot {about.slot} of{" "}
          <CopyId id={about.process} href={placeOfProcess(about.process)} of="process" whole />
        </p>
      )}
      {isBusy || verified !== null ? (
        <VerdictLines lines={lines} verified={verified} fileName={null} />
      ) : null}
    </>
  );
}
