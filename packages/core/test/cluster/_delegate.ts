/** A server for tests of the process model alone: plain node:http behind the interface that a lifecycle needs. */
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { HttpListener, ServerDelegate } from "../../src/cluster/process/lifecycle.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { resolveServerSettings } from "../../src/config/settings.ts";
import type { Logger } from "../../src/log/logger.ts";

/** A delegate that records what happens to it. */
export interface FakeDelegate extends ServerDelegate {
  /** Stages, calls and log messages, in order. */
  readonly story: string[];
  address: AddressInfo | undefined;
}

/** Makes a delegate; `hooks` may fail or wait. */
export function fakeDelegate(
  key: string,
  options: ServerOptions,
  answer: RequestListener,
  hooks: Partial<Record<"starting" | "listening" | "stopped", () => unknown>> = {},
  log?: Logger,
): FakeDelegate {
  const story: string[] = [];
  const delegate: FakeDelegate = {
    key,
    story,
    address: undefined,
    settings: resolveServerSettings(options),
    log: log ?? recordingLogger(story),
    createListener: () => plainListener(answer),
    draining: (scope) => story.push(`draining: ${scope}`),
    closing: () => story.push("closing"),
    failed: (error) => story.push(`failed: ${error}`),
    runReadyHooks: async () => void story.push("runReadyHooks"),
    acquireLeadership: () => void story.push("lead"),
    releaseLeadership: async () => true,
    runStopHooks: async () => story.push("runStopHooks") > 0,
    listeningAt(address) {
      delegate.address = address;
    },
    async run(stage) {
      story.push(stage);
      await hooks[stage]?.();
    },
  };
  return delegate;
}

/** Serves with node:http, draining as the real one does. */
export function plainListener(answer: RequestListener): HttpListener {
  const sockets = new Set<Socket>();
  const busy = new Map<ServerResponse, Socket>();
  let draining = false;
  const server: Server = createServer((request, response) => {
    busy.set(response, request.socket);
    response.once("close", () => {
      busy.delete(response);
      if (draining) request.socket.end();
    });
    if (draining) response.setHeader("Connection", "close");
    answer(request, response);
  });
  server.closeIdleConnections = () => {};
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return {
    server,
    get load() {
      return { inFlight: busy.size, requests: 0 };
    },
    accept: (socket) => void server.emit("connection", socket),
    get connections() {
      return sockets.size;
    },
    async drain(idleGrace) {
      draining = true;
      server.close();
      for (const response of busy.keys())
        if (!response.headersSent) response.setHeader("Connection", "close");
      const closeIdle = (): void => {
        const active = new Set(busy.values());
        for (const socket of sockets) if (!active.has(socket)) socket.end();
      };
      setTimeout(closeIdle, idleGrace);
      while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    destroy() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function recordingLogger(story: string[]): Logger {
  const record = (_fields: object, message: string): void => {
    story.push(`log: ${message}`);
  };
  return { debug: () => {}, info: record, warn: record, error: record };
}
