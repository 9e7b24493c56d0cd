/**
 * The cost of the option `metrics`. Timed is what core does for a small answer, from a new request to the report that it is
 * over: look-up of the route, gates, handler, and the listeners of exchanges that are over.
 */
import { Socket } from "node:net";
import { Packetron, PacketronRequest, PacketronResponse, type ServerOptions } from "@packetron/core";
import { metrics } from "@packetron/metrics";
import type { Responder } from "../../packages/core/src/message/exchange.ts";
import { nodeResponder } from "../../packages/core/src/message/node-responder.ts";
import { type Contestant, compare } from "./_measure.ts";

const socket = new Socket();
let written = 0;

/** Writes nothing. */
const responder: Responder = {
  ...nodeResponder,
  send(_response, _type, body) {
    written += body.length;
  },
};

await compare("metrics", "Metrics", [
  contestant("no metrics"),
  contestant("metrics: true", { metrics: true }),
  contestant("no metrics, 200 routes in turn", {}, 200),
  contestant("metrics: true, 200 routes in turn", { metrics: true }, 200),
  contestant("metrics: false on the route", { metrics: true }, 1, false),
]);

function contestant(
  name: string,
  options: Pick<ServerOptions, "metrics"> = {},
  routes = 1,
  isCounted = true,
): Contestant {
  const server = new Packetron({ maxThreads: 1, ...options, capabilities: [metrics()] });
  for (let index = 0; index < routes; index++)
    server.handle({
      routePath: `a${index}`,
      metrics: isCounted,
      handler: (_request, response) => response.sendJson({ status: "ok" }),
    });
  const { dispatcher, prototypes, settlement } = server.answerTarget;
  const requests = classOf(prototypes.request, PacketronRequest);
  const responses = classOf(prototypes.response, PacketronResponse);
  const urls = Array.from({ length: routes }, (_, index) => `/a${index}`);
  let turn = 0;
  return {
    name,
    run: () => {
      const request = new requests(socket);
      request.method = "GET";
      turn = (turn + 1) % routes;
      request.url = urls[turn] ?? "/";
      request.rawHeaders = ["Host", "api.example", "Accept", "application/json"];
      const response = new responses(request);
      response.responder = responder;
      if (settlement.isUsed) settlement.begin(response);
      dispatcher.dispatch(request, response);
      if (settlement.isUsed) settlement.end(response, 15, false);
      return written;
    },
  };
}

/** The class of a server's requests or responses, of which a server shows the prototype. */
function classOf<Class>(prototype: object, _base: Class): Class {
  return Reflect.get(prototype, "constructor");
}
