/** The server and its options. Tests import this file; server.{{extension}} starts the server. */
import { join } from "node:path";
import { Packetron, type ServerOptions } from "packetron";
import { addEvents } from "./events.ts";
import { addUploads } from "./uploads.ts";

const folder = join(import.meta.dirname, "..");

/** Makes the server without starting it. */
export function createApp(options: ServerOptions = {}): Packetron {
  const server = new Packetron({
    port: Number(process.env.PORT ?? 3000),
    health: { liveness: "/livez", readiness: "/readyz" },
    ...options,
  });
  const announce = addEvents(server);
  addUploads(server, { directory: process.env.UPLOADS ?? join(folder, "uploads"), announce });
  server.serve({ directory: join(folder, "public") });
  server.handle({
    routePath: "/",
    handler: (_request, response) => response.sendFile(join(folder, "public/index.html")),
  });
  return server;
}
