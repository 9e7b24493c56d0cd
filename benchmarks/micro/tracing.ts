/**
 * The cost of the tracing channels: of the question whether there are subscribers, and of subscribers that do nothing.
 * Timed is what core does for a small answer, from a new request to the report that it is over.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { Socket } from "node:net";
import { Packetron, PacketronRequest, PacketronResponse } from "@packetron/core";
import type { Responder } from "../../packages/core/src/message/exchange.ts";
import { nodeResponder } from "../../packages/core/src/message/node-responder.ts";
import { handlerPoint, requestPoint, TracedRequest } from "../../packages/core/src/message/traces.ts";
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

const without = contestant("dispatch alone", false);
const asked = contestant("dispatch, with the question", true);
await compare("tracing", "Tracing channels without subscribers", [without, asked]);

const channels = tracingChannel<unknown, object>("packetron:request");
channels.start.bindStore(new AsyncLocalStorage<unknown>(), (context: unknown) => context);
channels.asyncEnd.subscribe(() => undefined);
await compare("tracing-used", "Tracing channels with a store and a subscriber", [without, asked]);

function contestant(name: string, isAsked: boolean): Contestant {
  const server = new Packetron({ maxThreads: 1 });
  server.handle({ routePath: "a", handler: (_request, response) => response.sendJson({ status: "ok" }) });
  const { dispatcher, prototypes, settlement } = server.answerTarget;
  const requests = classOf(prototypes.request, PacketronRequest);
  const responses = classOf(prototypes.response, PacketronResponse);
  // A function of its own, as in core: a closure in `run` would cost each call an allocation.
  const trace = (request: PacketronRequest, response: PacketronResponse): void => {
    const traced = new TracedRequest(request, response);
    settlement.trace(response, traced);
    traced.run(() => dispatcher.dispatch(request, response));
    settlement.end(response, 15, false);
  };
  return {
    name,
    run: () => {
      const request = new requests(socket);
      request.method = "GET";
      request.url = "/a";
      request.rawHeaders = ["Host", "api.example", "Accept", "application/json"];
      const response = new responses(request);
      response.responder = responder;
      if (isAsked && (requestPoint.isUsed || handlerPoint.isUsed)) trace(request, response);
      else dispatcher.dispatch(request, response);
      return written;
    },
  };
}

/** The class of a server's requests or responses, of which a server shows the prototype. */
function classOf<Class>(prototype: object, _base: Class): Class {
  return Reflect.get(prototype, "constructor");
}
