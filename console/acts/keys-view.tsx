/**
 * The keys that this browser keeps: made, imported, unlocked, locked, saved as files, deleted.
 *
 * @module
 */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { CopyId } from "../parts/copy-id.tsx";
import type { KeptKey } from "./act-calls.ts";
import { Failure, saveFile } from "./form-parts.tsx";
import { ImportKeyForm, NewKeyForm, UnlockForm } from "./key-forms.tsx";
import { useKeys, useTask } from "./page-acts.ts";

export function KeysView(): VNode {
  const { keys } = useKeys();
  return (
    <>
      <h1>Keys</h1>
      <p>
        A key signs your messages, and its address is your name. Keys are kept in this browser
        alone, encrypted under their passphrases, and are lost where the data of this site is
        cleared: save each as a file. Whoever serves this page could change it: a key that holds
        much belongs into the command line.
      </p>
      {keys.map((key) => (
        <KeyCard key={key.address} kept={key} />
      ))}
      <section class="card">
        <h2>Make a key</h2>
        <NewKeyForm />
      </section>
      <section class="card">
        <h2>Import a key file</h2>
        <ImportKeyForm />
      </section>
    </>
  );
}

function KeyCard({ kept }: { readonly kept: KeptKey }): VNode {
  const { unlocked, session } = useKeys();
  const [isDeleting, setDeleting] = useState(false);
  const { isBusy, error, run } = useTask();
  const isUnlocked = unlocked === kept.address;
  const save = (): void =>
    saveFile(`nymcompute-${kept.address.slice(0, 8)}.key`, kept.text, "application/json");
  return (
    <section class="card" aria-label={`Key ${kept.address}`}>
      <h2>
        <CopyId id={kept.address} of="address" whole />
      </h2>
      <p role="status">{isUnlocked ? "unlocked until this page is left" : "locked"}</p>
      {isUnlocked ? null : <UnlockForm of={kept} />}
      <div class="row">
        {isUnlocked ? (
          <button type="button" disabled={isBusy} onClick={() => run(() => session.lock())}>
            Lock
          </button>
        ) : null}
        <button type="button" onClick={save}>
          Save as a file
        </button>
        <button type="button" onClick={() => setDeleting(!isDeleting)} aria-expanded={isDeleting}>
          Delete …
        </button>
      </div>
      {isDeleting ? (
        <div class="warning" role="alert">
          <p>
            Whatever this key owns is lost with it, unless you have saved it as a file and know its
            passphrase. Nobody can bring it back.
          </p>
          <div class="row">
            <button
              type="button"
              class="danger"
              disabled={isBusy}
              onClick={() => run(() => session.forget(kept.address))}
            >
              Delete it for ever
            </button>
            <button type="button" onClick={() => setDeleting(false)}>
              Keep it
            </button>
          </div>
        </div>
      ) : null}
      {error === null ? null : <Failure>{error}</Failure>}
    </section>
  );
}
