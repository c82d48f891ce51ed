/**
 * The log of a process, the newest on top: live, searched, and with a slot opened where the place
 * names one.
 *
 * @module
 */

import type { VNode } from "preact";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import type { ResultState } from "../../src/protocol/http.ts";
import { useEvents } from "../network/live.ts";
import type { Unit } from "../network/units.ts";
import { LiveBadge } from "../parts/badge.tsx";
import { countText } from "../parts/format.ts";
import { Empty, Failed } from "../parts/notice.tsx";
import type { RowWanted } from "../parts/virtual-list.tsx";
import { goTo, placeOfProcess, placeOfSlot } from "../shell/router.ts";
import { LogControls } from "./log-controls.tsx";
import { LogList } from "./log-list.tsx";
import type { LogFilter } from "./log-rows.ts";
import { LogSource } from "./log-source.ts";
import { type EntryView, logEventsUrl, readResult, resultEventsUrl } from "./process-reads.ts";
import { SlotPanel } from "./slot-panel.tsx";

/** Results whose changes a unit tells of: as many as it follows. */
const followedMax = 64;
const idPattern = /^[\w-]{43}$/;

export interface LogSectionProps {
  readonly process: string;
  readonly scheduler: Unit;
  readonly compute: Unit | null;
  /** The log's length when it was read. */
  readonly next: number;
  /** The slot that is opened. */
  readonly slot: number | null;
}

export function LogSection(props: LogSectionProps): VNode {
  const { process, scheduler, compute, next, slot } = props;
  const { source, version } = useSource(props);
  const [filter, setFilter] = useState<LogFilter>({ query: "", only: "all" });
  const { rows } = source;
  const live = useLive(props, source);
  const total = rows.next;
  // What is found changes with what is here: `version` counts those changes.
  const found = useMemo(() => (version < 0 ? null : rows.find(filter)), [rows, filter, version]);
  const wanted = useWantedRow(slot, found, total);
  const look = useCallback((from: number, end: number) => source.look(from, end), [source]);
  const submit = (): void => {
    const id = filter.query.trim();
    const [only] = found ?? [];
    if (found?.length === 1 && only !== undefined) goTo(placeOfSlot(process, only));
    else if (idPattern.test(id)) void openMessage(props, id);
  };
  return (
    <section aria-labelledby="log">
      <div class="section-head">
        <div class="title-row">
          <h2 id="log">Log</h2>
          <LiveBadge state={live} />
        </div>
        <span class="muted" role="status">
          {found === null
            ? `${countText(total)} entries`
            : `${countText(found.length)} found in ${countText(rows.held)} of ${countText(total)} entries`}
        </span>
      </div>
      <LogControls
        process={process}
        filter={filter}
        onFilter={setFilter}
        onSubmit={submit}
        total={total}
        source={source}
      />
      {slot === null ? null : (
        <OpenedSlot process={process} slot={slot} scheduler={scheduler} compute={compute} />
      )}
      {source.error === null ? null : (
        <Failed error={source.error} onRetry={() => source.retry()} />
      )}
      {found?.length === 0 ? (
        <Empty title="No entry that is here has this.">
          <p>
            Read the whole log to search all of it, search for less, or press Enter to look for a
            message by its id.
          </p>
        </Empty>
      ) : (
        <LogList
          key={next === 0 ? "empty" : "log"}
          process={process}
          rows={rows}
          found={found}
          opened={slot}
          wanted={wanted}
          look={look}
          version={version}
        />
      )}
    </section>
  );
}

function useSource(place: LogSectionProps): { source: LogSource; version: number } {
  const [version, changed] = useReducer<number, undefined>((before) => before + 1, 0);
  const [source] = useState(() => new LogSource(place, () => changed(undefined)));
  useEffect(() => () => source.close(), [source]);
  return { source, version };
}

/** Follows new entries and changed results; the state shown is that of the log. */
function useLive({ process, scheduler, compute, next }: LogSectionProps, source: LogSource) {
  const live = useEvents(logEventsUrl(scheduler, process, next), ["entry"], {
    onEvent: (_, value) => source.addEntry(value as EntryView),
  });
  const first = Math.max(0, next - followedMax);
  const results = compute === null ? null : resultEventsUrl(compute, process, first);
  useEvents(results, ["result"], {
    onEvent: (_, value) => source.addResult(value as ResultState),
  });
  return live;
}

/** The row of the opened slot, once for each time that it is named. */
function useWantedRow(
  slot: number | null,
  found: readonly number[] | null,
  total: number,
): RowWanted | null {
  const [wanted, setWanted] = useState<RowWanted | null>(null);
  const newest = useRef({ found, total });
  newest.current = { found, total };
  useEffect(() => {
    if (slot === null) return;
    const { found: some, total: all } = newest.current;
    const row = some === null ? all - 1 - slot : some.indexOf(slot);
    if (row >= 0) setWanted({ row });
  }, [slot]);
  return wanted;
}

/** Opens the slot of a message that is not among the rows here, where the compute unit knows it. */
async function openMessage(props: LogSectionProps, message: string): Promise<void> {
  const { process, compute } = props;
  if (compute === null) return;
  const signal = AbortSignal.timeout(10_000);
  const result = await readResult(compute, process, message, signal).catch(() => null);
  if (result !== null) goTo(placeOfSlot(process, result.slot));
}

function OpenedSlot(props: {
  readonly process: string;
  readonly slot: number;
  readonly scheduler: Unit;
  readonly compute: Unit | null;
}): VNode {
  const { process, slot } = props;
  const panel = useRef<HTMLElement>(null);
  // It was asked for by a link among the rows below, or by the place: reading goes on here. Again for
  // each `slot`.
  useEffect(() => {
    panel.current?.focus({ preventScroll: true });
    panel.current?.scrollIntoView({ block: "nearest" });
  }, [slot]);
  return (
    <section class="opened" ref={panel} tabIndex={-1} aria-labelledby="opened-slot">
      <div class="section-head">
        <h3 id="opened-slot">Slot {countText(slot)}</h3>
        <a href={placeOfProcess(process)}>Close</a>
      </div>
      <SlotPanel key={slot} {...props} />
    </section>
  );
}
