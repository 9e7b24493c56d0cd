import { loadBuiltin } from "./builtin.ts";

/**
 * Node's HTTP module, loaded without an import statement. An import makes Node read every export of a module, and
 * `http.WebSocket` loads an HTTP client: 14 MB of memory and a third of the start time (Node 24).
 */
export const http: typeof import("node:http") = loadBuiltin("node:http");

/** Returns Node's HTTPS module. The first call loads the module, because its TLS takes another 5 MB. */
export function loadHttps(): typeof import("node:https") {
  return loadBuiltin("node:https");
}

/** Returns Node's TLS module, which the HTTPS module loads, too. */
export function loadTls(): typeof import("node:tls") {
  return loadBuiltin("node:tls");
}
