/** Writes one log line for each exchange, on a server with the option `accessLog`. */
import type { AccessLogOptions } from "../config/options.ts";
import type { Logger } from "../log/logger.ts";
import { requestFields } from "../log/request-fields.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { SettledListener } from "../message/settlement.ts";

/** The parts of a server that its access log needs. */
export interface LoggedServer {
  readonly log: Logger;
  readonly workerId: number;
  reportError(error: unknown, message: string, fields: object): void;
}

/**
 * Makes the listener of `settled()` that writes the lines.
 *
 * @param logger The logger of the program, if it gave one.
 */
export function createAccessLog(
  server: LoggedServer,
  { skip }: AccessLogOptions,
  logger: Logger | undefined,
): SettledListener {
  const { log, workerId } = server;
  // Core's own logger, and a child that it has made of the program's logger, put the worker into each line.
  const worker = log === logger && workerId > 0 ? workerId : undefined;

  function isSkipped(request: PacketronRequest): boolean {
    if (skip === undefined || request.response === null) return false;
    try {
      return skip(request, request.response);
    } catch (error) {
      server.reportError(error, "accessLog.skip() failed", requestFields(request));
      return false;
    }
  }

  return function logAccess({ request, method, status, bytesOut, duration, aborted }) {
    if (isSkipped(request)) return;
    const { requestId, route } = requestFields(request);
    const line = {
      method,
      path: pathOf(request),
      route,
      status,
      bytes: bytesOut,
      ms: Math.round(duration * 100) / 100,
      ip: request.ip,
      requestId,
      worker,
      aborted: aborted || undefined,
    };
    log.info(line, "request");
  };
}

/** Matches a target without its query. An absolute target may have a password before its host. */
const TARGET = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/i;

/** The canonical path; as the client sent it, without the query, for a path that no route can have. */
function pathOf({ path, url = "" }: PacketronRequest): string {
  if (path !== "" && path !== "/") return path;
  return TARGET.exec(url)?.[1] || "/"; // "/" is also the path of a request that was refused before its path was read
}
