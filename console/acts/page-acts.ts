/**
 * What the page's views act with: calls to the worker, and the keys. One for a page; a context, so that
 * views name what they use.
 *
 * @module
 */

import { type Context, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { actClient, type CallActs, type WorkerPort } from "./act-client.ts";
import { KeySession, type KeyState } from "./key-session.ts";

export interface PageActs {
  readonly call: CallActs;
  readonly keys: KeySession;
}

function pageActs(): PageActs {
  const call = actClient(() => new Worker("/console/acts-worker.js") as WorkerPort);
  return { call, keys: new KeySession({ call, storage: () => localStorage }) };
}

const actsContext: Context<PageActs> = createContext(pageActs());

export function useActs(): PageActs {
  return useContext(actsContext);
}

/** The keys, drawn again with every change of them, in whichever tab. */
export function useKeys(): KeyState & { readonly session: KeySession } {
  const session = useActs().keys;
  const [state, setState] = useState(session.state);
  useEffect(() => {
    const onStorage = (): void => session.reload();
    const end = session.listen(setState);
    setState(session.state);
    addEventListener("storage", onStorage);
    return () => {
      end();
      removeEventListener("storage", onStorage);
    };
  }, [session]);
  return { ...state, session };
}

/** Something that takes a while, once at a time, with what it failed with. */
export function useTask(): {
  readonly isBusy: boolean;
  readonly error: string | null;
  readonly run: (task: () => Promise<void>) => void;
} {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = (task: () => Promise<void>): void => {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    task()
      .catch((thrown: unknown) =>
        setError(thrown instanceof Error ? thrown.message : String(thrown)),
      )
      .finally(() => setBusy(false));
  };
  return { isBusy, error, run };
}
