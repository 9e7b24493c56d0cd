/** The option `socket`: a server that listens on a Unix socket instead of a port. */
import { resolve } from "node:path";
import { assertOptions } from "../errors/assert-options.ts";
import { optionError } from "../errors/errors.ts";
import { PacketronDistribution, type ServerOptions, type SocketSettings } from "./options.ts";

/** The longest path of a Unix socket in bytes: `sun_path` of the system without its NUL. */
const LONGEST_PATH = process.platform === "linux" ? 107 : 103;

const EXPECTED = 'an object such as { path: "/run/app.sock", mode: 0o660 }';

/**
 * Checks the option `socket`. The path becomes absolute, because the program may change its working directory.
 *
 * @throws PKT_OPTION_UNKNOWN for an unknown key; PKT_OPTION_INVALID for a wrong value, and for `port`, `host` or
 *   REUSE_PORT beside `socket`.
 */
export function resolveSocket(options: ServerOptions): SocketSettings | undefined {
  const { socket } = options;
  if (socket === undefined) return undefined;
  assertOptions("socket", socket, ["path", "mode"], EXPECTED);
  const { path, mode } = socket;
  if (!isPath(path))
    throw optionError("socket.path", path, `a path such as "/run/app.sock", at most ${LONGEST_PATH} bytes`);
  if (mode !== undefined && !(Number.isInteger(mode) && mode >= 0 && mode <= 0o777))
    throw optionError("socket.mode", mode, "the permissions of the file, such as 0o660");
  for (const key of ["port", "host"] as const) {
    if (options[key] !== undefined)
      throw optionError(key, options[key], `no ${key} beside the option socket: give one of the two`);
  }
  if (options.distribution === PacketronDistribution.REUSE_PORT)
    throw optionError(
      "distribution",
      options.distribution,
      "another distribution beside the option socket, because sockets cannot share a path: use LEAST_CONNECTIONS",
    );
  return Object.freeze({ path: resolve(path), mode });
}

function isPath(path: unknown): path is string {
  if (typeof path !== "string" || path === "" || path.includes("\0")) return false;
  return Buffer.byteLength(resolve(path)) <= LONGEST_PATH;
}
