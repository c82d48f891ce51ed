/**
 * The compute unit's command.
 *
 * @module
 */

import { unitOptions } from "../src/node/unit/unit-options.ts";

export const computeCommand = {
  command: "nymcompute compute",
  summary: "Runs a compute unit: replays logs, evaluates messages, answers and attests results.",
  options: [
    ...unitOptions,
    {
      name: "scheduler",
      kind: "list",
      default: [],
      required: true,
      placeholder: "URL",
      help: "a scheduler to read logs from",
    },
    {
      name: "workers",
      kind: "number",
      default: 0,
      min: 0,
      max: 256,
      placeholder: "N",
      help: "threads that evaluate; 0 takes one less than there are cores",
    },
    {
      name: "prover",
      kind: "number",
      default: 1,
      min: 0,
      max: 64,
      placeholder: "THREADS",
      help: "threads that prove every slot, one after the other; 0 proves nothing",
    },
  ],
} as const;
