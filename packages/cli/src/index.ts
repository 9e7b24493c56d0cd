/**
 * The public names of @packetron/cli.
 *
 * @module
 */
export { ExitCode } from "./exit-code.ts";
export { runCommandLine } from "./run.ts";
