import type { Command } from "../command.ts";
export const traceCommand: Command = { run: async () => 1 };
