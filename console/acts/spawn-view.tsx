/**
 * Making a process: of a module that the console brings along, or of one of the reader's own.
 *
 * @module
 */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { unitUrls } from "../network/units.ts";
import type { ViewProps } from "../shell/view.ts";
import { DraftFields, withoutEmptyTags } from "./draft-fields.tsx";
import { FileField } from "./form-parts.tsx";
import { KeyGate } from "./key-gate.tsx";
import { useActs } from "./page-acts.ts";
import { isUnderWay, SendingPanel, useSending } from "./sending.tsx";
import { type ModuleTemplate, moduleTemplates } from "./templates.ts";

const emptyDraft = { action: "", tags: [], data: "" };

export function SpawnView({ network }: ViewProps): VNode {
  const { call } = useActs();
  const units = unitUrls(network);
  const sending = useSending(units);
  const [template, setTemplate] = useState<ModuleTemplate | null>(moduleTemplates[0] ?? null);
  const [draft, setDraft] = useState(template?.draft ?? emptyDraft);
  const [file, setFile] = useState<File | null>(null);
  const choose = (chosen: ModuleTemplate | null): void => {
    setTemplate(chosen);
    setDraft(chosen?.draft ?? emptyDraft);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    sending.start(async () => {
      const module = template === null ? await bytesOf(file) : await moduleAt(template.file);
      return call("prepareSpawn", { units, module, draft: withoutEmptyTags(draft) });
    });
  };
  const isMissing = template === null && file === null;
  return (
    <>
      <h1>Spawn a process</h1>
      <p>
        A process is a WebAssembly module with a memory of its own. Its spawn is its first message.
      </p>
      <KeyGate>
        <form class="form" onSubmit={submit} aria-label="Spawn a process">
          <ModuleChoice chosen={template} onChoose={choose} />
          {template === null ? (
            <FileField
              label="Module"
              accept=".wasm,application/wasm"
              hint={
                <>
                  As <code>nymcompute build</code> writes it, at most 1 MiB.
                </>
              }
              onFile={setFile}
            />
          ) : null}
          <DraftFields draft={draft} onDraft={setDraft} hasAction={false} />
          <div class="row">
            <button type="submit" class="primary" disabled={isMissing || isUnderWay(sending.state)}>
              Spawn
            </button>
          </div>
        </form>
      </KeyGate>
      <SendingPanel sending={sending} />
    </>
  );
}

interface ModuleChoiceProps {
  readonly chosen: ModuleTemplate | null;
  readonly onChoose: (template: ModuleTemplate | null) => void;
}

function ModuleChoice({ chosen, onChoose }: ModuleChoiceProps): VNode {
  const choices: readonly (readonly [string, string, ModuleTemplate | null])[] = [
    ...moduleTemplates.map((one) => [one.name, one.word, one] as const),
    ["your own", "a .wasm file of this machine", null],
  ];
  return (
    <fieldset class="choices">
      <legend>Of what</legend>
      {choices.map(([name, word, template]) => (
        <label key={name}>
          <input
            type="radio"
            name="module"
            checked={chosen === template}
            onChange={() => onChoose(template)}
          />{" "}
          <span>
            <strong>{name}</strong>: {word}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

async function bytesOf(file: File | null): Promise<Uint8Array> {
  return new Uint8Array((await file?.arrayBuffer()) ?? []);
}

async function moduleAt(path: string): Promise<Uint8Array> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
