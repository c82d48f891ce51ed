/**
 * Tables that the kernels share between proofs: roots of unity in bit-reversed order, twiddles of
 * cosets, selectors of the quotient's domain. Made when first needed, and kept.
 *
 * @module
 */

import {
  batchInverse,
  generator,
  inverse,
  mul,
  pow,
  sub,
  twoAdicGenerator,
  twoAdicity,
} from "../../field/koala-bear.ts";
import { reverseBits } from "../matrix.ts";
import { type KernelHost, layerFactors, toMontgomery } from "./kernel-host.ts";

/** The direction of a transform. */
export type Direction = "forward" | "inverse";

/** What each kind of constraint is multiplied with, over the vanishing polynomial. */
export interface SelectorTables {
  readonly every: number;
  readonly first: number;
  readonly last: number;
  readonly transition: number;
}

/** The points of a domain of 2^logSize places, bit-reversed: bit k of a place is one factor. */
function domainPoints(logSize: number): Uint32Array {
  const points = new Uint32Array(2 ** logSize).fill(generator, 0, 1);
  for (let bit = 0; bit < logSize; bit++) {
    const root = twoAdicGenerator(bit + 1);
    for (let i = 0; i < 2 ** bit; i++) points[2 ** bit + i] = mul(points[i]!, root);
  }
  return points;
}

export class KernelTables {
  readonly #host: KernelHost;
  readonly #roots: Map<Direction, { logCount: number; address: number }> = new Map();
  readonly #twiddles: Map<string, number> = new Map();
  readonly #selectors: Map<string, SelectorTables> = new Map();

  constructor(host: KernelHost) {
    this.#host = host;
  }

  /** Address of at least 2^logCount roots: entry j is the power bitreverse(j) of one of order twice that. */
  roots(direction: Direction, logCount: number): number {
    const known = this.#roots.get(direction);
    if (known !== undefined && known.logCount >= logCount) return known.address;
    const table = this.#host.allocateTable(2 ** logCount);
    const generators = this.#host.allocateTable(twoAdicity);
    for (let k = 0; k < logCount; k++) {
      const root = twoAdicGenerator(k + 2);
      generators[k] = toMontgomery(direction === "forward" ? root : inverse(root));
    }
    this.#host.call(
      "buildRoots",
      table.byteOffset,
      logCount,
      generators.byteOffset,
      toMontgomery(1),
    );
    this.#roots.set(direction, { logCount, address: table.byteOffset });
    return table.byteOffset;
  }

  /** Address of the twiddles for values on shift * (subgroup of order 2^logSize). */
  twiddles(direction: Direction, logSize: number, shift: number): number {
    const key = `${direction} ${logSize} ${shift}`;
    const known = this.#twiddles.get(key);
    if (known !== undefined) return known;
    const roots = this.roots(direction, Math.max(0, logSize - 1));
    const table = this.#host.allocateTable(2 * 2 ** logSize);
    const factors = this.#host.allocateTable(logSize);
    const own = direction === "forward" ? shift : inverse(shift);
    factors.set(layerFactors(own, logSize));
    this.#host.call("buildTwiddles", table.byteOffset, logSize, roots, factors.byteOffset);
    this.#twiddles.set(key, table.byteOffset);
    return table.byteOffset;
  }

  /** The selectors on the quotient's domain of 2^(logHeight + logExtra) places. */
  selectors(logHeight: number, logExtra: number): SelectorTables {
    const key = `${logHeight} ${logExtra}`;
    const known = this.#selectors.get(key);
    if (known !== undefined) return known;
    const logSize = logHeight + logExtra;
    const size = 2 ** logSize;
    const lastRow = inverse(twoAdicGenerator(logHeight));
    // x^height depends on the place's high bits alone.
    const shiftPower = pow(generator, 2 ** logHeight);
    const vanishing = Uint32Array.from({ length: 2 ** logExtra }, (_, block) => {
      const power = pow(twoAdicGenerator(logExtra), reverseBits(block, logExtra));
      return sub(mul(shiftPower, power), 1);
    });
    const inverses = batchInverse(vanishing);
    const points = domainPoints(logSize);
    const table = (of: (row: number) => number): number => {
      const words = this.#host.allocateTable(size);
      for (let row = 0; row < size; row++) words[row] = toMontgomery(of(row));
      return words.byteOffset;
    };
    const first = batchInverse(points.map((x) => sub(x, 1)));
    const last = batchInverse(points.map((x) => sub(x, lastRow)));
    const selectors = {
      every: table((row) => inverses[row >>> logHeight]!),
      first: table((row) => first[row]!),
      last: table((row) => last[row]!),
      transition: table((row) => mul(sub(points[row]!, lastRow), inverses[row >>> logHeight]!)),
    };
    this.#selectors.set(key, selectors);
    return selectors;
  }
}
