/** The server and its options. Tests import this file; server.{{extension}} starts the server. */
import { Packetron, type ServerOptions } from "packetron";
import { addNotes } from "./notes.ts";

/** Makes the server without starting it. */
export function createApp(options: ServerOptions = {}): Packetron {
  const server = new Packetron({
    port: Number(process.env.PORT ?? 3000),
    health: { liveness: "/livez", readiness: "/readyz" },
    globalDataNamespace: "{{name}}",
    defaultBodyLimit: 64 * 1024,
    ...options,
  });
  addNotes(server);
  return server;
}
