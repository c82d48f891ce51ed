/**
 * Every view of the page. A new one is a line here: its place, its title, its component.
 *
 * @module
 */

import { Overview } from "../overview/overview.tsx";
import type { View } from "./view.ts";

export const views: readonly View[] = [
  { pattern: "", title: "Network", navigation: "Network", component: Overview },
];
