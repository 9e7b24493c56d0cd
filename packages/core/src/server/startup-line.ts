/** The log line that says where a server listens, and with which flags. */
import type { AddressInfo } from "node:net";
import { describeFlags } from "../config/flags.ts";
import type { ServerSettings } from "../config/options.ts";
import type { Logger } from "../log/logger.ts";

/**
 * Logs the path of a Unix socket, or host and port, and the names of the server's flags, in which a flag of another
 * family shows. The line is a warning when the port of the options was in use, and the server listens on another one.
 *
 * @param flagNames The names of the bits, including those that capabilities have claimed.
 */
export function logStartupLine(
  log: Logger,
  { host, port, socket, flags }: ServerSettings,
  address: AddressInfo,
  flagNames: ReadonlyMap<number, string>,
): void {
  const names = flags === 0 ? undefined : describeFlags("server", flags, flagNames);
  if (socket !== undefined)
    return log.info({ socket: socket.path, flags: names }, `listening on ${socket.path}`);
  const fields = { host, port: address.port, flags: names };
  if (port === 0 || port === address.port) log.info(fields, `listening on ${host}:${address.port}`);
  else log.warn(fields, `listening on ${host}:${address.port}, because port ${port} is in use`);
}
