/**
 * Options of a `dev` network.
 *
 * @module
 */

export const devOptions = [
  {
    name: "data",
    kind: "string",
    default: ".nymcompute",
    placeholder: "DIR",
    help: "the network's folder; what is there is taken up again",
  },
  {
    name: "port",
    kind: "number",
    default: 8701,
    min: 0,
    max: 65_533,
    placeholder: "N",
    help: "the messenger's; scheduler and compute take the next two; 0 takes any free ones",
  },
  {
    name: "prover",
    kind: "number",
    default: 1,
    min: 0,
    max: 64,
    placeholder: "THREADS",
    help: "threads of the compute unit that prove every slot; 0 proves nothing",
  },
] as const;
