/**
 * How tall the rows of lists are: one line where there is room for it, two where there is not. The
 * style sheet's rows have the same heights (`--row` in styles/lists.css).
 *
 * @module
 */

import { useEffect, useState } from "preact/hooks";

const narrowQuery = "(max-width: 760px)";
const wide = 40;
const narrow = 60;

/** Whether the window is as narrow as a telephone. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(narrowQuery).matches);
  useEffect(() => {
    const media = matchMedia(narrowQuery);
    const follow = (): void => setNarrow(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, []);
  return isNarrow;
}

/** Pixels, by the width of the window. */
export function useRowHeight(): number {
  return useNarrow() ? narrow : wide;
}
