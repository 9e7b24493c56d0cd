/** A server for tests of the process model only: plain node:http with the interface that a lifecycle needs. */
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { countRequests } from "../../src/cluster/process/cut-report.ts";
import type { HttpListener, ServerDelegate } from "../../src/cluster/process/lifecycle.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { resolveServerSettings } from "../../src/config/settings.ts";
import type { Logger } from "../../src/log/logger.ts";

/** A delegate that records its calls and log messages. */
export interface FakeDelegate extends ServerDelegate {
  /** Stages, calls and log messages, in order. */
  readonly events: string[];
  address: AddressInfo | undefined;
}

/** Makes a delegate. Its `hooks` may fail or wait. */
export function fakeDelegate(
  key: string,
  options: ServerOptions,
  answer: RequestListener,
  hooks: Partial<Record<"starting" | "listening" | "stopped", () => unknown>> = {},
  log?: Logger,
): FakeDelegate {
  const events: string[] = [];
  const delegate: FakeDelegate = {
    key,
    events,
    address: undefined,
    settings: resolveServerSettings(options),
    log: log ?? recordingLogger(events),
    createListener: () => plainListener(answer),
    draining: (scope) => events.push(`draining: ${scope}`),
    closing: () => events.push("closing"),
    failed: (error) => events.push(`failed: ${error}`),
    runReadyHooks: async () => void events.push("runReadyHooks"),
    acquireLeadership: () => void events.push("lead"),
    releaseLeadership: async () => true,
    runStopHooks: async () => events.push("runStopHooks") > 0,
    listeningAt(address) {
      delegate.address = address;
    },
    async run(stage) {
      events.push(stage);
      await hooks[stage]?.();
    },
  };
  return delegate;
}

/** Serves with node:http, and drains like the real listener. */
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
      return { upgraded: 0, inFlight: busy.size, requests: 0 };
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
      const cut = { ...countRequests([...busy.keys()].map(({ req }) => req)), connections: 0 };
      for (const socket of sockets) socket.destroy();
      return cut;
    },
  };
}

function recordingLogger(events: string[]): Logger {
  const record = (_fields: object, message: string): void => {
    events.push(`log: ${message}`);
  };
  return { debug: () => {}, info: record, warn: record, error: record };
}
