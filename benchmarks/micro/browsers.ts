/**
 * The cost of the headers for browsers, `cors` and `securityHeaders`. Timed is what core does for a small JSON answer,
 * from a new request to the text that is written: look-up of the route, gates, handler, functions that see the answer,
 * and the head.
 */
import { Socket } from "node:net";
import { Packetron, PacketronRequest, PacketronResponse, type ServerOptions } from "@packetron/core";
import { cors } from "@packetron/cors";
import { securityHeaders } from "@packetron/security-headers";
import { HeadBuilder, setLines } from "../../packages/core/src/message/answer-head.ts";
import type { Responder } from "../../packages/core/src/message/exchange.ts";
import { nodeResponder } from "../../packages/core/src/message/node-responder.ts";
import { pendingHeaders } from "../../packages/core/src/node/internals.ts";
import { type Contestant, compare } from "./_measure.ts";

const APP = "https://app.example";
const socket = new Socket();
let written = 0;

await compare("browsers", "Headers for browsers", [
  contestant("no headers"),
  contestant("the options on another route", {}, { cors: true, securityHeaders: true }),
  contestant("cors: true", { cors: true }),
  contestant("cors with a list of origins", { cors: { origin: [APP], credentials: true } }),
  contestant("cors with a function", { cors: { origin: (origin) => origin === APP } }),
  contestant("securityHeaders: true", { securityHeaders: true }),
  contestant("both, with a list of origins", {
    cors: { origin: [APP], credentials: true },
    securityHeaders: true,
  }),
]);

type Headers = Pick<ServerOptions, "cors" | "securityHeaders">;

function contestant(name: string, options: Headers = {}, ofAnotherRoute: Headers = {}): Contestant {
  const server = new Packetron({ maxThreads: 1, ...options, capabilities: [cors(), securityHeaders()] });
  server.handle({ routePath: "a", handler: (_request, response) => response.sendJson({ status: "ok" }) });
  server.handle({ routePath: "b", ...ofAnotherRoute, handler: (_request, response) => response.sendOk() });
  const { dispatcher, prototypes } = server.answerTarget;
  const requests = classOf(prototypes.request, PacketronRequest);
  const responses = classOf(prototypes.response, PacketronResponse);
  const heads = new HeadBuilder(72_000);
  const responder = countingResponder(heads);
  return {
    name,
    run: () => {
      const request = new requests(socket);
      request.method = "GET";
      request.url = "/a";
      request.rawHeaders = ["Host", "api.example", "Origin", APP, "Accept", "application/json"];
      const response = new responses(request);
      response.responder = responder;
      dispatcher.dispatch(request, response);
      return written;
    },
  };
}

/** The class of a server's requests or responses, of which a server shows the prototype. */
function classOf<Class>(prototype: object, _base: Class): Class {
  return Reflect.get(prototype, "constructor");
}

/** Builds the head, as a direct answer does, and writes nothing. */
function countingResponder(heads: HeadBuilder): Responder {
  return {
    ...nodeResponder,
    send(response, type, body) {
      const set = pendingHeaders(response);
      const lines = set === null ? "" : (setLines(set) ?? "");
      const { statusCode, headerBlock } = response;
      const own = lines === "" ? null : set;
      written += heads.build(statusCode, type, lines, own, body.length, headerBlock).length;
    },
  };
}
