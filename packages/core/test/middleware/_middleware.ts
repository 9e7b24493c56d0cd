/** npm middleware in a server: the adapter of docs/guide/middleware.md, and a loader of libraries without types. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { onTestFinished } from "vitest";
import { Packetron, PacketronPlugin, type ServerOptions } from "../../../packetron/src/index.ts";
import { collectLog } from "../_server.ts";

/** The signature of connect middleware. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

const require = createRequire(import.meta.url);

/** Loads a library by its name. The caller states the type of its exports. */
export function load<Library>(name: string): Library {
  const library: Library = require(name);
  return library;
}

/** Wraps middleware as a plugin. Middleware that answers never calls `next()`, so the chain ends there. */
export function fromMiddleware(middleware: Middleware): PacketronPlugin {
  return PacketronPlugin.create({
    handler: (request, response) =>
      new Promise((resolve, reject) => {
        middleware(request, response, (error) => (error ? reject(error) : resolve(undefined)));
      }),
  });
}

/** Starts a server with middleware for every request, and the routes `/json`, `/large`, `/text`, `/status`, `/later`, `/stream`. */
export async function serveWith(
  dispatch: "direct" | "standard",
  middleware: readonly Middleware[],
  options: ServerOptions = {},
): Promise<Packetron> {
  const server = new Packetron({
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    logger: collectLog().logger,
    dispatch,
    plugins: middleware.map(fromMiddleware),
    ...options,
  });
  onTestFinished(() => server.stop());
  server.handle({ routePath: "/json", handler: (_request, response) => response.sendJson({ a: 1 }) });
  server.handle({
    routePath: "/large",
    handler: (_request, response) => response.sendJson({ text: "x".repeat(50_000) }),
  });
  server.handle({ routePath: "/text", handler: (_request, response) => response.sendTextPlain("text") });
  server.handle({ routePath: "/status", handler: (_request, response) => response.sendStatusCode(204) });
  server.handle({
    routePath: "/later",
    handler: (_request, response) => void setImmediate(() => response.sendTextPlain("later")),
  });
  server.handle({
    routePath: "/stream",
    handler: (_request, response) => {
      response.setHeader("Content-Type", "text/plain");
      response.write("one, ");
      response.end("two");
    },
  });
  await server.start();
  return server;
}
