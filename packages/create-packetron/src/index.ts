/**
 * The public names of create-packetron.
 *
 * @module
 */
export { ExitCode } from "./exit-code.ts";
export { runCommandLine } from "./run.ts";
