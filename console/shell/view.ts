/**
 * What the shell knows of a view: the places that it is shown at, and how it is drawn.
 *
 * @module
 */

import type { VNode } from "preact";
import type { Network } from "../network/units.ts";
import type { Parameters } from "./router.ts";

/** What a view is given; it is drawn again when any of it changes. */
export interface ViewProps {
  readonly network: Network;
  readonly parameters: Parameters;
  /** What stands behind `?` in the place. */
  readonly query: ReadonlyMap<string, string>;
}

export interface View {
  /** The places: `process/:process`. */
  readonly pattern: string;
  /** The window's title, without the console's name. */
  readonly title: string;
  /** The word in the navigation, where the view is in it. */
  readonly navigation?: string;
  readonly component: (props: ViewProps) => VNode;
}
