/** Node's server with Packetron's request and response classes, for tests of responses. */
import { once } from "node:events";
import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import { failRequest } from "../../src/message/fail.ts";
import { PacketronRequest } from "../../src/message/request.ts";
import { PacketronResponse } from "../../src/message/response.ts";
import { parseResponses, RawClient, type RawResponse } from "../_raw.ts";

export interface Warning {
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A server, and its warnings and errors. */
export interface Answering {
  readonly port: number;
  readonly warnings: Warning[];
  /** The errors passed to `server.reportError()`. */
  readonly reported: unknown[];
  /** The values that the handler threw. */
  readonly thrown: unknown[];
}

export type TestHandler = (response: PacketronResponse, request: PacketronRequest) => unknown;

/** Starts a server with one handler. An error of the handler becomes a bare 500. */
export async function startAnswering(handler: TestHandler): Promise<Answering> {
  const warnings: Warning[] = [];
  const reported: unknown[] = [];
  const thrown: unknown[] = [];
  const ignore = (): void => {};
  const warn = (fields: object, message: string): void =>
    void warnings.push({ fields: { ...fields }, message });
  const value = {
    log: { debug: ignore, info: ignore, error: ignore, warn },
    reportError: (error: unknown) => reported.push(error),
    failRequest,
    settings: { errorBodies: "problem" },
    errorHandler: null,
  };
  const requestClass = class extends PacketronRequest {};
  const responseClass = class extends PacketronResponse {};
  for (const { prototype } of [requestClass, responseClass])
    Object.defineProperty(prototype, "server", { value });

  const server = createServer(
    { IncomingMessage: requestClass, ServerResponse: responseClass },
    async (request, response) => {
      try {
        await handler(response, request);
      } catch (error) {
        thrown.push(error);
        if (!response.headersSent) {
          response.statusCode = 500;
          response.statusMessage = "";
          response.end();
        }
      }
    },
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    warnings,
    reported,
    thrown,
  };
}

/** An answer, and the number of chunks in which it arrived. */
export interface Answer extends Answering {
  readonly response: RawResponse;
  readonly head: string;
  readonly text: string;
}

/**
 * Starts a server, sends it one request over a raw socket, and reads until it closes. Bytes after the answer are an error.
 */
export async function answerOf(handler: TestHandler, method = "GET", headers = ""): Promise<Answer> {
  const answering = await startAnswering(handler);
  const client = await RawClient.connect({ port: answering.port });
  client.send(`${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);
  const [response, ...more] = await client.untilClose([method]);
  if (response === undefined || more.length > 0)
    throw new Error(`got ${more.length + 1} responses, expected one`);
  const head = client.received.subarray(0, client.received.indexOf("\r\n\r\n") + 4).toString("latin1");
  return { ...answering, response, head, text: response.body.toString() };
}

/** The answers to several requests that are sent in one packet on one connection. */
export async function pipelined(
  answering: Answering,
  requests: string,
  count: number,
): Promise<RawResponse[]> {
  const client = await RawClient.connect({ port: answering.port });
  try {
    const responses = await client.send(requests).responses(count);
    if (parseResponses(client.received).rest > 0) throw new Error("there are bytes after the answers");
    return responses;
  } finally {
    client.destroy();
  }
}
