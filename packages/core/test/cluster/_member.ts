/** A server for tests of the process model alone: plain node:http behind the interface that a lifecycle needs. */
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Member, Serving } from "../../src/cluster/process/lifecycle.ts";
import type { ServerOptions } from "../../src/config/options.ts";
import { resolveServerSettings } from "../../src/config/settings.ts";
import type { Logger } from "../../src/log/logger.ts";

/** A member that records what happens to it. */
export interface FakeMember extends Member {
  /** Stages, calls and log messages, in order. */
  readonly story: string[];
  address: AddressInfo | undefined;
}

/** Makes a member; `hooks` may fail or wait. */
export function fakeMember(
  key: string,
  options: ServerOptions,
  answer: RequestListener,
  hooks: Partial<Record<"starting" | "listening" | "stopped", () => unknown>> = {},
  log?: Logger,
): FakeMember {
  const story: string[] = [];
  const member: FakeMember = {
    key,
    story,
    address: undefined,
    settings: resolveServerSettings(options),
    log: log ?? recordingLogger(story),
    createServing: () => plainServing(answer),
    draining: (scope) => story.push(`draining: ${scope}`),
    closing: () => story.push("closing"),
    failed: (error) => story.push(`failed: ${error}`),
    getReady: async () => void story.push("getReady"),
    lead: () => void story.push("lead"),
    stepDown: async () => true,
    wrapUp: async () => story.push("wrapUp") > 0,
    listeningAt(address) {
      member.address = address;
    },
    async run(stage) {
      story.push(stage);
      await hooks[stage]?.();
    },
  };
  return member;
}

/** Serves with node:http, draining as the real one does. */
export function plainServing(answer: RequestListener): Serving {
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
