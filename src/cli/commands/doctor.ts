import type { Command } from "../command.ts";
export const doctorCommand: Command = { run: async () => 1 };
