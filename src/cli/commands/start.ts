import type { Command } from "../command.ts";
export const startCommand: Command = { run: async () => 1 };
