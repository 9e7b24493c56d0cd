/** The server and its routes. Tests import this file; server.{{extension}} starts the server. */
import { Packetron, type ServerOptions } from "packetron";

/** Makes the server without starting it. */
export function createApp(options: ServerOptions = {}): Packetron {
  const server = new Packetron({
    port: Number(process.env.PORT ?? 3000),
    ...options,
  });

  server.handle({
    routePath: "/",
    handler: (_request, response) => response.sendJson({ hello: "world" }),
  });

  server.handle({
    routePath: "hello/:name",
    handler: (request, response) => response.sendJson({ hello: request.params.name }),
  });

  return server;
}
