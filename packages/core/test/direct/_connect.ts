/** Helpers: servers with direct dispatch. */
import { onTestFinished } from "vitest";
import { bodyText } from "../../../body-text/src/index.ts";
import type { Capability } from "../../src/capability/contract.ts";
import { PacketronHandlerFlags } from "../../src/config/flags.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import type { PacketronRequest } from "../../src/message/request.ts";
import { RawClient } from "../_raw.ts";
import { startServer } from "../_server.ts";
import { startServing } from "./_serving.ts";

export const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
export const POST = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";

/** Connects to a new bare server, which stops at the end of the test. */
export async function connect(dispatch: HttpListenerParts["dispatch"]): Promise<RawClient> {
  const server = await startServing({}, dispatch);
  onTestFinished(() => server.stop());
  return RawClient.connect({ port: server.port });
}

/** The actions of a body handler before and after it reads a body. */
export interface Reading {
  /** A handler flag of a capability; text by default. */
  readonly flags?: number;
  readonly capability?: Capability;
  before?(request: PacketronRequest): void;
  after?(request: PacketronRequest): void;
}

/** Connects to a server with a POST route that answers with the body and whether it is complete, and a GET route. */
export async function connectToReader({
  flags = PacketronHandlerFlags.PLAIN_TEXT_BODY,
  capability = bodyText(),
  before,
  after,
}: Reading = {}): Promise<RawClient> {
  const { server } = await startServer(
    (started) => {
      started.handle({
        routePath: "/",
        method: PacketronRequestMethod.POST,
        flags,
        handler: async (request, response) => {
          before?.(request);
          const body = await request.getBody();
          after?.(request);
          response.sendTextPlain(`${body} ${request.complete}`);
        },
      });
      started.handle({ routePath: "/", handler: (_request, response) => response.sendOk() });
    },
    { dispatch: "direct", capabilities: [capability] },
  );
  return RawClient.connect({ port: server.port });
}
