/** The table of commands: help, parsing and the tests of the documentation are made from it. */
import type { OptionSpec, Signature, Values } from "./arguments.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command; `undefined` when the process goes on and ends by itself. */
export type Run = (values: Values, terminal: Terminal) => Promise<ExitCode | undefined>;

/** A row of the table. */
export interface Command extends Signature {
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Below the usage line, for the help of the command. */
  readonly description: string;
  /** Each command is a module of its own, loaded when it is called: `start` is to be as light as node itself. */
  load(): Promise<Run>;
}

const help: OptionSpec = { short: "h", help: "Show this help." };
const name: OptionSpec = { value: "<name>", short: "n", help: "The application with this name." };
const pid: OptionSpec = { value: "<pid>", short: "p", help: "The application with this process id." };
const ownName: OptionSpec = {
  value: "<name>",
  short: "n",
  help: "The name that the other commands know it by. Default: that of the entry file.",
};
const dispatch: OptionSpec = {
  value: "<way>",
  help: '"direct" or "standard", for servers that do not choose themselves.',
};
const json: OptionSpec = { help: "Print JSON." };

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: "start",
    entry: true,
    summary: "Run a program in this process, which supervises its workers.",
    description:
      "Runs the entry file as node does: signals and the exit code are the program's own. Node's options come before the command (node --import x node_modules/.bin/packetron start …) or from NODE_OPTIONS.",
    options: {
      threads: {
        value: "<n>",
        short: "t",
        help: "Worker processes, for servers without maxThreads. Default: what the machine allows.",
      },
      name: ownName,
      dispatch,
      help,
    },
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "dev",
    entry: true,
    summary: "Run a program with one worker, and reload it when a file changes.",
    description:
      "Watches the folder of the entry file. The port stays open while the worker is replaced; when the new code does not start, the old goes on answering.",
    options: {
      watch: { value: "<path>", short: "w", multiple: true, help: "Watch this file or folder, too." },
      ignore: { value: "<path>", short: "i", multiple: true, help: "Do not watch this file or folder." },
      name: ownName,
      dispatch,
      help,
    },
    load: async () => (await import("./commands/dev.ts")).dev,
  },
  {
    name: "reload",
    entry: false,
    summary: "Replace the workers one by one, without losing a request.",
    description: "Ends with 1 and the reason when the new workers do not start; the old ones go on then.",
    options: {
      name,
      pid,
      timeout: { value: "<seconds>", help: "How long to wait for the end. Default: 600." },
      help,
    },
    load: async () => (await import("./commands/reload.ts")).reload,
  },
  {
    name: "stop",
    entry: false,
    summary: "Stop an application: what is in flight is finished first.",
    description: "Does what SIGTERM does, and waits until the process has ended.",
    options: {
      name,
      pid,
      timeout: { value: "<seconds>", help: "How long to wait for the end. Default: 60." },
      help,
    },
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "status",
    entry: false,
    summary: "Show the workers of an application.",
    description: "On a terminal the table is drawn anew each second, until Ctrl-C.",
    options: { name, pid, once: { help: "Print the table once." }, json, help },
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "routes",
    entry: false,
    summary: "Show the routes of an application: flags, gates, limits.",
    description: "Gates stand in the order in which a request passes them, with the package that added them.",
    options: { name, pid, json, help },
    load: async () => (await import("./commands/routes.ts")).routes,
  },
];
