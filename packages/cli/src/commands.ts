/** The table of commands. The help, the parser and the tests of the documentation read it. */
import type { OptionSpec, Signature, Values } from "./arguments.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs a command and resolves to its exit code; `undefined` when the program that `start` runs decides the exit code.
 */
export type Run = (values: Values, terminal: Terminal) => Promise<ExitCode | undefined>;

/** A command: a row of the table. */
export interface Command extends Signature {
  /** One line for the list of commands in `packetron --help`. */
  readonly summary: string;
  /** The paragraph below the summary in the help of this command. */
  readonly description: string;
  /** Loads the module of this command on first use, so that `start` loads little more than node itself. */
  load(): Promise<Run>;
}

const help: OptionSpec = { short: "h", help: "Show this help." };
const name: OptionSpec = { value: "<name>", short: "n", help: "The application with this name." };
const pid: OptionSpec = { value: "<pid>", short: "p", help: "The application with this process id." };
const ownName: OptionSpec = {
  value: "<name>",
  short: "n",
  help: "The application's name for the other commands. Default: the entry file's name.",
};
const dispatch: OptionSpec = {
  value: "<way>",
  help: '"direct" or "standard", for servers without the option dispatch.',
};
const json: OptionSpec = { help: "Print JSON." };

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: "start",
    entry: true,
    summary: "Run a program in this process, which supervises its workers.",
    description:
      "Runs the entry file as node does: the program gets the signals and decides the exit code. Put options of Node before the command (node --import x node_modules/.bin/packetron start …) or in NODE_OPTIONS.",
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
      "Watches the folder of the entry file. The port stays open while the worker is replaced. If the new code does not start, the old worker continues to answer.",
    options: {
      watch: { value: "<path>", short: "w", multiple: true, help: "Also watch this file or folder." },
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
    description:
      "If the new workers do not start, the old ones continue, and the command prints the reason and exits with 1.",
    options: {
      name,
      pid,
      timeout: { value: "<seconds>", help: "How long to wait for the new workers. Default: 600." },
      help,
    },
    load: async () => (await import("./commands/reload.ts")).reload,
  },
  {
    name: "stop",
    entry: false,
    summary: "Stop an application after it has answered the requests in flight.",
    description: "Has the same effect as SIGTERM, and waits until the process has exited.",
    options: {
      name,
      pid,
      timeout: { value: "<seconds>", help: "How long to wait for the exit. Default: 60." },
      help,
    },
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "status",
    entry: false,
    summary: "Show the workers of an application.",
    description: "On a terminal, the table is redrawn each second until Ctrl-C.",
    options: { name, pid, once: { help: "Print the table once." }, json, help },
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "routes",
    entry: false,
    summary: "Show the routes of an application: flags, gates, limits.",
    description:
      "Gates are listed in the order in which a request passes them, with the package that added them.",
    options: { name, pid, json, help },
    load: async () => (await import("./commands/routes.ts")).routes,
  },
  {
    name: "openapi",
    entry: true,
    summary: "Print the OpenAPI document of a program.",
    description:
      "Runs the entry file until its first server with the option openapi would start. No port is opened, and no worker runs. What the program itself prints goes to the standard error output.",
    options: {
      out: { value: "<file>", short: "o", help: "Write the document to this file." },
      help,
    },
    load: async () => (await import("./commands/openapi.ts")).openapi,
  },
  {
    name: "profile",
    entry: false,
    operand: "<worker>",
    summary: "Write a CPU profile of a worker while it works.",
    description:
      "<worker> is its number in packetron status; 0 is the primary, or the only process. The worker writes the file, which Chrome DevTools and editors open. No port is opened, and no request is lost.",
    options: {
      seconds: { value: "<n>", short: "s", help: "How long. Default: 10." },
      out: {
        value: "<file>",
        short: "o",
        help: "A file that does not exist. Default: <name>-<worker>-<time>.cpuprofile in this folder.",
      },
      name,
      pid,
      help,
    },
    load: async () => (await import("./commands/profile.ts")).profile,
  },
];
