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
] as const;
