/**
 * Where the page starts: the network that serves it, and the shell around its views. Everything that
 * the page knows comes from the units over HTTP (spec/09-http.md); it keeps nothing but the theme and
 * what its user asks it to keep.
 *
 * @module
 */

import "./styles/console.css";
import { render } from "preact";
import { App } from "./shell/app.tsx";
import { applyTheme, storedTheme } from "./shell/theme.ts";

applyTheme(storedTheme());
// The messenger that serves the page, unless the address names another one: `?messenger=URL`.
const named = new URLSearchParams(location.search).get("messenger");
render(<App messengerUrl={named ?? location.origin} />, document.body);
