/**
 * Which key signs, before anything that needs one: the unlocked one, or what is to be done first.
 *
 * @module
 */

import type { ComponentChildren, VNode } from "preact";
import { CopyId } from "../parts/copy-id.tsx";
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

/** For the header: whether a key is there, and unlocked. */
export function KeyBadge(): VNode {
  const { keys, unlocked } = useKeys();
  const stand = unlocked !== null ? "open" : keys.length === 0 ? "none" : "locked";
  return (
    <a href={linkTo("keys")} class="key-badge" title={unlocked ?? undefined}>
      Key: {stand}
    </a>
  );
}
