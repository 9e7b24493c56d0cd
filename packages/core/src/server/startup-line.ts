/** The log line that says where a server listens. */
import type { AddressInfo } from "node:net";
import type { ServerSettings } from "../config/options.ts";
import type { Logger } from "../log/logger.ts";

/** Logs host and port: as a warning when the port of the options was in use, and the server listens on another one. */
export function logStartupLine(log: Logger, { host, port }: ServerSettings, address: AddressInfo): void {
  const fields = { host, port: address.port };
  if (port === 0 || port === address.port) log.info(fields, `listening on ${host}:${address.port}`);
  else log.warn(fields, `listening on ${host}:${address.port}, because port ${port} is in use`);
}
