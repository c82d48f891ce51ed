/**
 * Search, filter and a jump to a slot, above a log.
 *
 * @module
 */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { countText } from "../parts/format.ts";
import { goTo, placeOfSlot } from "../shell/router.ts";
import type { LogFilter } from "./log-rows.ts";
import { heldMax, type LogSource } from "./log-source.ts";

export interface LogControlsProps {
  readonly process: string;
  readonly filter: LogFilter;
  readonly onFilter: (filter: LogFilter) => void;
  /** Enter in the search field. */
  readonly onSubmit: () => void;
  readonly total: number;
  readonly source: LogSource;
}

const onlyWords = { all: "All", failed: "Failed", unproven: "Not proven" } as const;
const filters = ["all", "failed", "unproven"] as const;

export function LogControls(props: LogControlsProps): VNode {
  const { filter, onFilter, onSubmit } = props;
  const submit = (event: Event): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <div class="row controls">
      <search class="grow">
        <form class="search" onSubmit={submit}>
          <label class="hidden" for="log-search">
            Search tags, data and ids; Enter opens a slot by its message's id
          </label>
          <input
            id="log-search"
            type="search"
            placeholder="Tags, data, ids; Enter opens a message's slot"
            value={filter.query}
            onInput={(event) => onFilter({ ...filter, query: event.currentTarget.value })}
          />
        </form>
      </search>
      <label>
        Show{" "}
        <select
          value={filter.only}
          onChange={(event) => {
            const only = filters.find((one) => one === event.currentTarget.value) ?? "all";
            onFilter({ ...filter, only });
          }}
        >
          {filters.map((only) => (
            <option key={only} value={only}>
              {onlyWords[only]}
            </option>
          ))}
        </select>
      </label>
      <Jump process={props.process} total={props.total} />
      <ReadAll source={props.source} total={props.total} />
    </div>
  );
}

function Jump({ process, total }: { readonly process: string; readonly total: number }): VNode {
  const [text, setText] = useState("");
  const jump = (event: Event): void => {
    event.preventDefault();
    const slot = Math.min(Number(text), total - 1);
    if (text !== "" && slot >= 0) goTo(placeOfSlot(process, slot));
  };
  return (
    <form class="row" onSubmit={jump}>
      <label>
        Slot{" "}
        <input
          class="slot-input"
          inputMode="numeric"
          pattern="[0-9]{1,15}"
          title={`A slot from 0 to ${countText(Math.max(0, total - 1))}`}
          value={text}
          onInput={(event) => setText(event.currentTarget.value.trim())}
        />
      </label>
      <button type="submit">Go</button>
    </form>
  );
}

/** Reads all that is not here, so that a search finds everything. */
function ReadAll(props: { readonly source: LogSource; readonly total: number }): VNode | null {
  const { source, total } = props;
  const { held } = source.rows;
  if (held >= total || held >= heldMax) return null;
  const percent = Math.floor((100 * held) / Math.max(1, total));
  return (
    <button type="button" disabled={source.isReadingAll} onClick={() => void source.readAll()}>
      {source.isReadingAll ? `Reading, ${percent} %` : "Read the whole log"}
    </button>
  );
}
