/**
 * The command line, with a wall clock that its parent moves: what reads the time reads it moved, as where
 * somebody sets the machine's clock. Time that only passes goes on as it does.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

let offsetMs = 0;
const now = Date.now.bind(Date);
Date.now = () => now() + offsetMs;
process.on("message", ({ clockOffsetMs }) => {
  offsetMs = clockOffsetMs;
});
await import(fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url)));
