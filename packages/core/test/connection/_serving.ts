/** A bare server for wire tests: `createHttpListener()` and a dispatch that the test gives. */
import { once } from "node:events";
import type { ServerOptions } from "../../src/config/options.ts";
import { resolveServerSettings } from "../../src/config/settings.ts";
import {
  createHttpListener,
  type HttpListenerParts,
  type RequestListener,
} from "../../src/connection/http-server.ts";
import type { Logger } from "../../src/log/logger.ts";
import { PacketronRequest } from "../../src/message/request.ts";
import { PacketronResponse } from "../../src/message/response.ts";
import { Settlement } from "../../src/message/settlement.ts";

/** A running server, and the record of its requests, log lines and errors. */
export interface TestServer {
  readonly serving: RequestListener;
  readonly port: number;
  readonly tls: boolean;
  /** Every request that reached dispatch, as `"GET /path"`. */
  readonly dispatched: string[];
  /** Messages of every log line. */
  readonly logged: string[];
  /** Errors that would have been reported as unexpected. */
  readonly reported: unknown[];
  stop(): Promise<void>;
}

/**
 * Starts a server on a free port of 127.0.0.1. The default dispatch answers 200 with the target.
 *
 * @param listen Whether it listens; without, `port` is 0 and connections are handed to `serving.accept()`.
 */
export async function startServing(
  options: ServerOptions = {},
  dispatch: HttpListenerParts["dispatch"] = answerOk,
  { listen = true }: { listen?: boolean } = {},
): Promise<TestServer> {
  const dispatched: string[] = [];
  const logged: string[] = [];
  const reported: unknown[] = [];
  const settings = resolveServerSettings(options);
  const reportError = (error: unknown): number => reported.push(error);
  const fake = { settings, reportError, errorHandler: null };
  const serving = createHttpListener({
    settings,
    log: collectingLogger(logged),
    requestClass: withServer(class extends PacketronRequest {}, fake),
    responseClass: withServer(class extends PacketronResponse {}, fake),
    settlement: new Settlement((error) => void reported.push(error)),
    dispatch(request, response) {
      dispatched.push(`${request.method} ${request.url}`);
      dispatch(request, response);
    },
  });
  if (listen) await once(serving.server.listen(0, "127.0.0.1"), "listening");
  const address = serving.server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const stop = (): Promise<void> => {
    serving.destroy();
    return serving.drain(0);
  };
  return { serving, port, tls: options.tls !== undefined, dispatched, logged, reported, stop };
}

/** Answers 200 with the request's target as text. */
export const answerOk: HttpListenerParts["dispatch"] = (request, response) => {
  response.end(request.url);
};

/** Reads the body, then answers 200 with its length. */
export const answerAfterBody: HttpListenerParts["dispatch"] = (request, response) => {
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
  });
  request.on("end", () => response.end(`${length} bytes`));
};

function collectingLogger(lines: string[]): Logger {
  const collect = (_fields: object, message: string): void => {
    lines.push(message);
  };
  return { debug: collect, info: collect, warn: collect, error: collect };
}

/** Gives a class of messages a fake server, with the members that answers in the handler's place need. */
function withServer<Class extends { readonly prototype: object }>(named: Class, server: object): Class {
  Object.defineProperty(named.prototype, "server", { value: server });
  return named;
}
