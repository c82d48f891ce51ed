/**
 * Making a key in the page, taking one from a key file, and unlocking one that is kept.
 *
 * @module
 */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { KeptKey } from "./act-calls.ts";
import { Failure, Field, FileField } from "./form-parts.tsx";
import { useKeys, useTask } from "./page-acts.ts";

/** Shorter ones are guessed however dear each guess is. */
const passphraseCharactersMin = 8;

/** Makes a key and keeps it under a passphrase. */
export function NewKeyForm(): VNode {
  const { session } = useKeys();
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const { isBusy, error, run } = useTask();
  const submit = (event: Event): void => {
    event.preventDefault();
    const fault = faultOf(passphrase, again);
    setWrong(fault);
    if (fault !== null) return;
    run(async () => {
      await session.create(passphrase);
      setPassphrase("");
      setAgain("");
    });
  };
  return (
    <form class="form" onSubmit={submit} aria-label="Make a key">
      <Field
        label="Passphrase"
        kind="password"
        complete="new-password"
        value={passphrase}
        onInput={setPassphrase}
        hint={`At least ${passphraseCharactersMin} characters. Nobody can tell it to you again.`}
        isRequired
      />
      <Field
        label="Passphrase again"
        kind="password"
        complete="new-password"
        value={again}
        onInput={setAgain}
        isRequired
      />
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? "Making it …" : "Make a key"}
        </button>
      </div>
      {(wrong ?? error) === null ? null : <Failure>{wrong ?? error}</Failure>}
    </form>
  );
}

function faultOf(passphrase: string, again: string): string | null {
  if (passphrase.length < passphraseCharactersMin) {
    return `The passphrase has fewer than ${passphraseCharactersMin} characters.`;
  }
  return passphrase === again ? null : "The two passphrases differ.";
}

/** Takes a key from a file as `nymcompute key new` writes it. */
export function ImportKeyForm(): VNode {
  const { session } = useKeys();
  const [file, setFile] = useState<File | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const { isBusy, error, run } = useTask();
  const submit = (event: Event): void => {
    event.preventDefault();
    if (file === null) return;
    run(async () => {
      await session.import(await file.text(), passphrase);
      setPassphrase("");
    });
  };
  return (
    <form class="form" onSubmit={submit} aria-label="Import a key file">
      <FileField
        label="Key file"
        accept=".key,application/json,text/plain"
        hint={
          <>
            As <code>nymcompute key new</code> writes it. A dev network's ten accounts lie in its
            folder: <code>.nymcompute/accounts/0.key</code>
          </>
        }
        onFile={setFile}
      />
      <Field
        label="Passphrase of the file"
        kind="password"
        complete="current-password"
        value={passphrase}
        onInput={setPassphrase}
        hint="A file in clear is kept encrypted under this passphrase."
        isRequired
      />
      <div class="row">
        <button type="submit" disabled={isBusy || file === null}>
          {isBusy ? "Reading it …" : "Import the key"}
        </button>
      </div>
      {error === null ? null : <Failure>{error}</Failure>}
    </form>
  );
}

/** Opens a kept key for this visit. */
export function UnlockForm({ of }: { readonly of: KeptKey }): VNode {
  const { session } = useKeys();
  const [passphrase, setPassphrase] = useState("");
  const { isBusy, error, run } = useTask();
  const submit = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      await session.unlock(of, passphrase);
      setPassphrase("");
    });
  };
  return (
    <form class="form" onSubmit={submit} aria-label={`Unlock ${of.address}`}>
      <Field
        label="Passphrase"
        kind="password"
        complete="current-password"
        value={passphrase}
        onInput={setPassphrase}
        isRequired
      />
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? "Unlocking …" : "Unlock"}
        </button>
      </div>
      {error === null ? null : <Failure>{error}</Failure>}
    </form>
  );
}
