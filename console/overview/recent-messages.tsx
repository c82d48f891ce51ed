/**
 * The newest messages that the messenger took, live.
 *
 * @module
 */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { UnitCallError } from "../../src/client/unit-call.ts";
import type { MessageSummary } from "../../src/protocol/http.ts";
import { useEvents } from "../network/live.ts";
import { readRecent } from "../network/reads.ts";
import { type Resource, useResource } from "../network/resource.ts";
import type { Network } from "../network/units.ts";
import { Badge, LiveBadge } from "../parts/badge.tsx";
import { CopyId } from "../parts/copy-id.tsx";
import { timeText } from "../parts/format.ts";
import { Empty, Shown } from "../parts/notice.tsx";
import { linkTo, placeOfMessage, placeOfProcess } from "../shell/router.ts";
import { withMessage } from "./recent-order.ts";

const shownMax = 20;

export function RecentMessages({ network }: { readonly network: Network }): VNode {
  const { messenger } = network;
  const use = useResource(messenger.url, (signal) => readRecent(messenger, shownMax, signal));
  const { resource } = use;
  const [rows, setRows] = useState<readonly MessageSummary[]>([]);
  useEffect(() => {
    if (resource.state === "ready") setRows(resource.value.messages);
  }, [resource]);
  const url = resource.state === "ready" ? `${messenger.url}/events` : null;
  const live = useEvents(url, ["message"], {
    onEvent: (_, value) =>
      setRows((before) => withMessage(before, value as MessageSummary, shownMax)),
  });
  return (
    <section aria-labelledby="recent">
      <div class="title-row">
        <h2 id="recent">Recent messages</h2>
        {url === null ? null : <LiveBadge state={live} />}
      </div>
      {isUnlisted(resource) ? (
        <Empty title="This messenger tells nobody which messages came through it.">
          <p>Look for one by its id above: Enter opens it.</p>
        </Empty>
      ) : (
        <Shown use={use} what="the newest messages">
          {() =>
            rows.length === 0 ? (
              <Empty title="This messenger has taken no message yet.">
                <p>
                  <a href={linkTo("spawn")}>Spawn a process</a> or{" "}
                  <a href={linkTo("send")}>send a message</a>: it appears here.
                </p>
              </Empty>
            ) : (
              <RecentTable messages={rows} />
            )
          }
        </Shown>
      )}
    </section>
  );
}

/** The messenger was told to keep its list to itself. */
function isUnlisted(resource: Resource<unknown>): boolean {
  if (resource.state !== "failed") return false;
  return resource.error instanceof UnitCallError && resource.error.code === "ROUTE_UNKNOWN";
}

function RecentTable({ messages }: { readonly messages: readonly MessageSummary[] }): VNode {
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
            <th scope="col" class="number wide-only">
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
              <td class="number wide-only">{message.slot ?? "–"}</td>
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
