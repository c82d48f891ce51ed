/**
 * The page that talks to a network: the package's root export in a browser, and what the protocol
 * checks a message by.
 *
 * @module
 */

import {
  composeMessage,
  connect,
  createIdentity,
  idText,
  parseId,
  systemClock,
  systemRandom,
  verifyAttestations,
} from "../../src/client/index.ts";
import { verifySignature } from "../../src/crypto/signature.ts";
import { checkMessage } from "../../src/protocol/check.ts";

/** Where the units of a network are. */
export interface UnitUrls {
  readonly messenger: string;
  readonly scheduler: string;
  readonly compute: string;
}

/** What the test calls on the page's `globalThis`. */
export interface ClientPage {
  /** Makes a key, signs a message and checks it; then a copy with one changed bit. */
  signAndVerify(): { readonly address: string; readonly good: boolean; readonly changed: boolean };
  /** Spawns the counter, sends to it, reads the result and checks who attests it. */
  useNetwork(units: UnitUrls): Promise<NetworkUse>;
}

export interface NetworkUse {
  readonly slot: number | null;
  readonly output: string | null;
  readonly resultRead: string | null;
  readonly events: readonly string[];
  readonly attested: number | string;
  readonly forged: string;
  /** The code that refuses a message to a process that is not there. */
  readonly refused: string;
  readonly ms: number;
}

function signAndVerify(): ReturnType<ClientPage["signAndVerify"]> {
  const owner = createIdentity(systemRandom);
  const network = systemRandom.bytes(32);
  const context = { network, owner, clock: systemClock, random: systemRandom };
  const message = composeMessage({ target: owner.address }, context);
  const holds = (authorisation: Uint8Array): boolean =>
    checkMessage({ ...message, authorisation }, network, null).claims.every(verifySignature);
  const { authorisation } = message;
  const changed = authorisation.with(-1, (authorisation.at(-1) ?? 0) ^ 1);
  return { address: idText(owner.address), good: holds(authorisation), changed: holds(changed) };
}

async function useNetwork(units: UnitUrls): Promise<NetworkUse> {
  const start = performance.now();
  const network = await connect(units);
  const signer = createIdentity(systemRandom);
  const module = new Uint8Array(await (await fetch("/counter.wasm")).arrayBuffer());
  const { process } = await network.spawn(module, { signer, wait: "result" });
  const sent = await network.message(process, { signer, action: "Increment", wait: "result" });
  const read = await network.result(process, sent.id);

  const events: string[] = [];
  for await (const { kind } of network.subscribe(sent.id, AbortSignal.timeout(15_000))) {
    events.push(kind);
    if (kind === "pushed") break;
  }

  const id = parseId(process);
  const spawned = (await network.schedulers[0]?.spawnOf(id)) ?? null;
  const wait = { timeoutMs: 15_000 };
  const evaluation = (await network.computes[0]?.evaluation(id, parseId(sent.id), wait)) ?? null;
  if (spawned === null || evaluation === null) throw new Error("no evidence");
  const claim = { network: network.network, process, slotOrMessage: sent.id, spawn: spawned.body };
  const verdict = verifyAttestations({ ...claim, evaluations: [evaluation] });
  const { result } = evaluation;
  const other = { ...evaluation, result: result.with(-1, (result.at(-1) ?? 0) ^ 1) };
  const forged = verifyAttestations({ ...claim, evaluations: [other] });

  const nobody = idText(systemRandom.bytes(32));
  const refused = await network.message(nobody, { signer }).then(
    () => "accepted",
    (error: { readonly code?: string }) => error.code ?? "no code",
  );
  return {
    slot: sent.slot,
    output: sent.result?.output ?? null,
    resultRead: read?.output ?? null,
    events,
    attested: verdict.ok ? verdict.units.length : verdict.reason,
    forged: forged.ok ? "attested" : forged.reason,
    refused,
    ms: performance.now() - start,
  };
}

const page: ClientPage = { signAndVerify, useNetwork };
Object.assign(globalThis, page);
