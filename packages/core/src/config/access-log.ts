/** The option `accessLog`: one log line for each exchange. */
import { assertOptions } from "../errors/assert-options.ts";
import { optionError } from "../errors/errors.ts";
import type { AccessLogOptions, ServerOptions } from "./options.ts";

const EXPECTED = 'true, false or an object such as { skip: (request) => request.path === "/livez" }';

/**
 * Checks the option `accessLog`. Returns `undefined` for a server without an access log.
 *
 * @throws PKT_OPTION_UNKNOWN for an unknown key; PKT_OPTION_INVALID for a wrong value.
 */
export function resolveAccessLog({ accessLog }: ServerOptions): AccessLogOptions | undefined {
  if (accessLog === undefined || accessLog === false) return undefined;
  if (accessLog === true) return Object.freeze({});
  const options: AccessLogOptions = accessLog;
  assertOptions("accessLog", accessLog, ["skip"], EXPECTED);
  const { skip } = options;
  if (skip !== undefined && typeof skip !== "function")
    throw optionError("accessLog.skip", skip, "a function (request, response) that returns true or false");
  return Object.freeze({ skip });
}
