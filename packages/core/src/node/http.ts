/**
 * Node's HTTP module, not by an import: that would make Node read every export of it, and `http.WebSocket` brings in an
 * HTTP client. 14 MB of memory and a third of the start, Node 24.
 */
export const http: typeof import("node:http") = process.getBuiltinModule("node:http");

/** Node's HTTPS module, for a server that needs it: its TLS is another 5 MB. */
export function loadHttps(): typeof import("node:https") {
  return process.getBuiltinModule("node:https");
}
