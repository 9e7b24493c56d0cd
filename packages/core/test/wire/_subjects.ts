/** The servers under test: they answer every path after they have read the body. */
import type { Handler } from "../../src/routing/route-options.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { collectLog } from "../_server.ts";
import { answerAfterBody, startServing } from "../connection/_serving.ts";

/** A running server under test. */
export interface Subject {
  readonly port: number;
  /** Unexpected errors so far. */
  readonly reported: readonly unknown[];
  stop(): Promise<void>;
}

const LINGER = { lingerTimeout: 300 };

/** The servers by name, each with the function that starts it. */
export const subjects: readonly [name: string, start: () => Promise<Subject>][] = [
  ["a bare server", () => startServing(LINGER, answerAfterBody)],
  ["a Packetron server", startPacketron],
];

async function startPacketron(): Promise<Subject> {
  const reported: unknown[] = [];
  const { logger } = collectLog();
  const server = new Packetron({
    port: 0,
    host: "127.0.0.1",
    maxThreads: 1,
    idleGrace: 0,
    logger,
    ...LINGER,
  });
  server.on("error", (error) => reported.push(error));
  const handler: Handler = (request, response) => {
    response.statusCode = 200;
    request.resume().on("end", () => response.send(request.path));
  };
  server.handle({ routePath: "/", handler });
  server.onNotFound(handler);
  await server.start();
  return { port: server.port, reported, stop: () => server.stop() };
}
