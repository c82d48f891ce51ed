/**
 * Light or dark: as the system says, unless the reader of the page said otherwise here. The choice is
 * an attribute of the document that the style sheets read.
 *
 * @module
 */

export type Theme = "system" | "light" | "dark";

export const themes: readonly Theme[] = ["system", "light", "dark"];

const key = "nymcompute.theme";

/** The theme that was chosen last in this browser. */
export function storedTheme(): Theme {
  try {
    const text = localStorage.getItem(key);
    return themes.find((theme) => theme === text) ?? "system";
  } catch {
    // A browser that keeps nothing for this page: the system's theme.
    return "system";
  }
}

/** Shows a theme. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Shows a theme and keeps it for the next visit, where the browser keeps anything. */
export function chooseTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Shown now, forgotten later.
  }
}
