/**
 * Every view of the page. A new one is a line here: its place, its title, its component.
 *
 * @module
 */

import { KeysView } from "../acts/keys-view.tsx";
import { SendView } from "../acts/send-view.tsx";
import { SpawnView } from "../acts/spawn-view.tsx";
import { VerifyView } from "../acts/verify-view.tsx";
import { MessageView } from "../message/message-view.tsx";
import { Overview } from "../overview/overview.tsx";
import { ProcessView } from "../process/process-view.tsx";
import { ProofsView } from "../proofs/proofs-view.tsx";
import type { View } from "./view.ts";

export const views: readonly View[] = [
  { pattern: "", title: "Network", navigation: "Network", component: Overview },
  { pattern: "process/:process", title: "Process", component: ProcessView },
  { pattern: "message/:message", title: "Message", component: MessageView },
  { pattern: "proofs", title: "Proofs", navigation: "Proofs", component: ProofsView },
  { pattern: "spawn", title: "Spawn a process", navigation: "Spawn", component: SpawnView },
  { pattern: "send", title: "Send a message", navigation: "Send", component: SendView },
  { pattern: "verify", title: "Verify a receipt", navigation: "Verify", component: VerifyView },
  { pattern: "keys", title: "Keys", navigation: "Keys", component: KeysView },
];
