/**
 * The newest messages that the messenger took, looked at again every two seconds while somebody looks.
 *
 * @module
 */

import type { VNode } from "preact";
import { type RecentMessage, readRecent } from "../network/reads.ts";
import { usePeriod, useResource } from "../network/resource.ts";
import type { Network } from "../network/units.ts";
import { Badge } from "../parts/badge.tsx";
import { CopyId } from "../parts/copy-id.tsx";
import { timeText } from "../parts/format.ts";
import { Empty, Shown } from "../parts/notice.tsx";
import { placeOfMessage, placeOfProcess } from "../shell/router.ts";

const shownMax = 20;
const periodMs = 2_000;

export function RecentMessages({ network }: { readonly network: Network }): VNode {
  const { messenger } = network;
  const use = useResource(messenger.url, (signal) => readRecent(messenger, shownMax, signal));
  usePeriod(periodMs, use.reload);
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">Recent messages</h2>
      <Shown use={use} what="the newest messages">
        {({ messages }) =>
          messages.length === 0 ? (
            <Empty title="This messenger has taken no message yet.">
              <p>
                Send one: <code>nymcompute send PROCESS --action …</code>
              </p>
            </Empty>
          ) : (
            <RecentTable messages={messages} />
          )
        }
      </Shown>
    </section>
  );
}

function RecentTable({ messages }: { readonly messages: readonly RecentMessage[] }): VNode {
  return (
    <div class="table-scroll">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Message</th>
            <th scope="col">Action</th>
            <th scope="col" class="wide-only">
              To process
            </th>
            <th scope="col" class="number">
              Slot
            </th>
            <th scope="col">State</th>
            <th scope="col">Accepted</th>
          </tr>
        </thead>
        <tbody>
          {messages.map((message) => (
            <tr key={message.id}>
              <td>
                <CopyId id={message.id} of="message" href={placeOfMessage(message.id)} />
              </td>
              <td class="strong">{message.spawn ? "Spawn" : (message.action ?? "–")}</td>
              <td class="wide-only">
                <CopyId id={message.process} of="process" href={placeOfProcess(message.process)} />
              </td>
              <td class="number">{message.slot ?? "–"}</td>
              <td>
                <Badge state={message.state} />
              </td>
              <td class="muted">{timeText(message.at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
