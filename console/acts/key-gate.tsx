/**
 * Which key signs, before anything that needs one: the unlocked one, or what is to be done first.
 *
 * @module
 */

import type { ComponentChildren, VNode } from "preact";
import { CopyId } from "../parts/copy-id.tsx";
import { shortId } from "../parts/format.ts";
import { linkTo } from "../shell/router.ts";
import { NewKeyForm, UnlockForm } from "./key-forms.tsx";
import { useKeys } from "./page-acts.ts";

/** Shows its children while a key is unlocked. */
export function KeyGate({ children }: { readonly children: ComponentChildren }): VNode {
  const { keys, unlocked } = useKeys();
  if (unlocked !== null) {
    return (
      <>
        <p class="note">
          Signed by <CopyId id={unlocked} href={linkTo("keys")} of="address" />
        </p>
        {children}
      </>
    );
  }
  return (
    <section class="card">
      {keys.length === 0 ? (
        <>
          <h2>First, a key</h2>
          <p>
            Messages are signed with a key that this browser keeps, encrypted under a passphrase.
            Make one here, or <a href={linkTo("keys")}>import a key file</a>.
          </p>
          <NewKeyForm />
        </>
      ) : (
        <>
          <h2>Your key is locked</h2>
          {keys.map((key) => (
            <div key={key.address}>
              <CopyId id={key.address} of="address" />
              <UnlockForm of={key} />
            </div>
          ))}
        </>
      )}
    </section>
  );
}

/** One word for the header: whether a key is unlocked. */
export function KeyBadge(): VNode {
  const { keys, unlocked } = useKeys();
  const word =
    unlocked !== null ? `key ${shortId(unlocked)}` : keys.length === 0 ? "no key" : "key locked";
  return (
    <a href={linkTo("keys")} class="key-badge">
      {word}
    </a>
  );
}
