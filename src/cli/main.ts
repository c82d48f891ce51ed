#!/usr/bin/env node
/**
 * The command line `nymcompute`: finds the command and runs it. Each command is loaded when it is
 * used, so that none waits for the compiler or the cryptography of another.
 *
 * @module
 */

import { CliError, failureOf } from "./cli-error.ts";
import { markOnOwnThread } from "./collector.ts";
import { type Command, tell } from "./command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const groups: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: "Try it",
    entries: [
      {
        name: "start",
        summary: "a network on this machine, and a first message that goes round",
        load: async () => (await import("./commands/start.ts")).startCommand,
      },
      {
        name: "dev",
        summary: "a network on this machine: messenger, scheduler, compute",
        load: async () => (await import("./commands/dev.ts")).devCommand,
      },
      {
        name: "devnet",
        summary: "controls of that network: snapshots, time, units that fail",
        load: async () => (await import("./commands/devnet.ts")).devnetCommand,
      },
      {
        name: "doctor",
        summary: "what this machine has, which units answer, what to mend",
        load: async () => (await import("./commands/doctor.ts")).doctorCommand,
      },
    ],
  },
  {
    title: "Write a process",
    entries: [
      {
        name: "init",
        summary: "a new project from a template",
        load: async () => (await import("./commands/init.ts")).initCommand,
      },
      {
        name: "build",
        summary: "AssemblyScript to a WebAssembly module",
        load: async () => (await import("./commands/build.ts")).buildCommand,
      },
      {
        name: "test",
        summary: "runs the project's tests, without a network",
        load: async () => (await import("./commands/test.ts")).testCommand,
      },
    ],
  },
  {
    title: "Use processes",
    entries: [
      {
        name: "spawn",
        summary: "makes a process of a module",
        load: async () => (await import("./commands/spawn.ts")).spawnCommand,
      },
      {
        name: "send",
        summary: "sends a message and shows what came of it",
        load: async () => (await import("./commands/send.ts")).sendCommand,
      },
      {
        name: "call",
        summary: "asks a process without leaving a trace",
        load: async () => (await import("./commands/call.ts")).callCommand,
      },
      {
        name: "result",
        summary: "the result of a slot or message",
        load: async () => (await import("./commands/result.ts")).resultCommand,
      },
      {
        name: "log",
        summary: "the messages of a process, in order",
        load: async () => (await import("./commands/log.ts")).logCommand,
      },
      {
        name: "trace",
        summary: "all messages that one message caused",
        load: async () => (await import("./commands/trace.ts")).traceCommand,
      },
      {
        name: "replay",
        summary: "evaluates a log here and compares every result",
        load: async () => (await import("./commands/replay.ts")).replayCommand,
      },
      {
        name: "profile",
        summary: "where a message's gas goes, by function and line",
        load: async () => (await import("./commands/profile.ts")).profileCommand,
      },
      {
        name: "inspect",
        summary: "what a process holds: globals, objects, strings, maps",
        load: async () => (await import("./commands/inspect.ts")).inspectCommand,
      },
      {
        name: "prove-time",
        summary: "whether a message could be proven, and how long that may take",
        load: async () => (await import("./commands/prove-time.ts")).proveTimeCommand,
      },
      {
        name: "receipt",
        summary: "everything about one message in one file",
        load: async () => (await import("./commands/receipt.ts")).receiptCommand,
      },
      {
        name: "verify",
        summary: "checks such a file offline, or evidence of a lie",
        load: async () => (await import("./commands/verify.ts")).verifyCommand,
      },
      {
        name: "audit",
        summary: "checks a process from slot 0: its log and every proof",
        load: async () => (await import("./commands/audit.ts")).auditCommand,
      },
      {
        name: "monitor",
        summary: "follows schedulers' logs and keeps what convicts them",
        load: async () => (await import("./commands/monitor.ts")).monitorCommand,
      },
      {
        name: "key",
        summary: "`key new` makes an identity, `key address` shows it",
        load: async () => (await import("./commands/key.ts")).keyCommand,
      },
    ],
  },
  {
    title: "Run a unit",
    entries: [
      ...(["messenger", "scheduler", "compute", "witness"] as const).map((role) => ({
        name: role,
        summary: role === "witness" ? "cosigns heads of schedulers" : `runs a ${role} unit`,
        load: async () => {
          if (role === "compute") markOnOwnThread();
          return (await import("./commands/unit.ts")).unitCommand(role);
        },
      })),
      {
        name: "drain",
        summary: "has a unit finish what it has, take nothing new, and end",
        load: async () => (await import("./commands/drain.ts")).drainCommand,
      },
      {
        name: "backup",
        summary: "copies a unit's store while the unit runs",
        load: async () => (await import("./commands/backup.ts")).backupCommand,
      },
      {
        name: "restore",
        summary: "makes a unit's store of such a copy",
        load: async () => (await import("./commands/backup.ts")).restoreCommand,
      },
    ],
  },
];

function overview(): string {
  const lines = ["NymCompute: a computer whose every result can be checked.", ""];
  lines.push("Usage: nymcompute COMMAND [options]");
  for (const { title, entries } of groups) {
    lines.push("", `${title}:`);
    for (const { name, summary } of entries) lines.push(`  ${name.padEnd(10)} ${summary}`);
  }
  lines.push("", "`nymcompute COMMAND --help` says more. Every command takes --json.");
  return `${lines.join("\n")}\n`;
}

async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.write(overview());
    return 0;
  }
  if (name === "--version" || name === "version") {
    const { softwareVersion } = await import("./version.ts");
    terminal.write(`${softwareVersion()}\n`);
    return 0;
  }
  const entry = groups.flatMap(({ entries }) => entries).find((each) => each.name === name);
  if (entry !== undefined) return (await entry.load()).run(rest, terminal);
  const next = "nymcompute --help";
  const failure = failureOf(new CliError("COMMAND_UNKNOWN", { got: name.slice(0, 100) }, next));
  const isJson = rest.includes("--json");
  if (failure !== null) tell(failure, { command: "nymcompute", terminal, isJson });
  return 2;
}

// A reader that has enough, such as `head`, closes the pipe: that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
const code = await main(process.argv.slice(2), processTerminal());
// Not `process.exit`: what is written to a pipe has to get there, and a unit goes on running.
process.exitCode = code;
