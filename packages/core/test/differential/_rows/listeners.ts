/** Listeners of request and response, before and after the answer. */

import type { PacketronResponse } from "../../../src/index.ts";
import { GET, type Row, type RowHandler, type Stage } from "../_row.ts";

const EVENTS = ["prefinish", "finish", "close", "drain", "error", "pipe", "mine"] as const;
const ADDERS = ["on", "once", "addListener", "prependListener", "prependOnceListener"] as const;

const send: RowHandler = (_request, response) => response.sendJson({ a: 1 });

function listen(
  response: PacketronResponse,
  stage: Stage,
  adder: (typeof ADDERS)[number],
  event: string,
): void {
  stage.attempt(adder, () => response[adder](event, () => stage.note(`${adder} ${event}`)));
}

const before: readonly Row[] = EVENTS.flatMap((event) =>
  ADDERS.map((adder) => ({
    name: `response.${adder}("${event}") before the answer`,
    handler: (request, response, stage) => {
      listen(response, stage, adder, event);
      send(request, response, stage);
    },
    watches: ["never"],
    client: (client) => client.send(GET + GET).answers(2),
  })),
);

/** In a pipeline only for events that do not depend on the position: the answer of the second request is queued. */
const later: readonly Row[] = EVENTS.flatMap((event) =>
  ADDERS.map((adder) => ({
    name: `response.${adder}("${event}") after the answer`,
    handler: (request, response, stage) => {
      send(request, response, stage);
      listen(response, stage, adder, event);
    },
    watches: ["never"],
    client: async (client) => {
      await client.send(event === "prefinish" ? GET : GET + GET).answers(event === "prefinish" ? 1 : 2);
    },
  })),
);

const REQUEST_EVENTS = [
  "end",
  "close",
  "aborted",
  "error",
  "data",
  "readable",
  "pause",
  "resume",
  "mine",
] as const;

const requests: readonly Row[] = REQUEST_EVENTS.flatMap((event) =>
  (["before", "after"] as const).map((when) => ({
    name: `request.on("${event}") ${when} the answer`,
    handler: (request, response, stage) => {
      if (when === "after") send(request, response, stage);
      request.on(event, () => stage.note(`request ${event}`));
      if (when === "before") send(request, response, stage);
    },
    watches: ["never"],
    client: (client) => client.send(GET + GET).answers(2),
  })),
);

/** One row for each event, way and instant. */
export const listeners: readonly Row[] = [
  ...before,
  ...later,
  ...requests,
  {
    name: "a listener that is removed again",
    handler: (request, response, stage) => {
      const finish = (): void => stage.note("finish");
      response.on("finish", finish).off("finish", finish);
      response.on("close", finish).removeAllListeners("close");
      send(request, response, stage);
    },
  },
  {
    name: "a listener that throws does not affect the answer",
    watches: ["never"],
    handler: (request, response, stage) => {
      response.on("finish", () => stage.attempt("inside", () => response.end()));
      send(request, response, stage);
    },
  },
  {
    name: "a sender inside a finish listener",
    handler: (request, response, stage) => {
      response.on("finish", () => stage.attempt("sendJson", () => response.sendJson({ b: 2 })));
      send(request, response, stage);
    },
  },
  {
    name: "events.once() of finish",
    handler: async (request, response, stage) => {
      const finish = new Promise((resolve) => response.once("finish", () => resolve("finished")));
      stage.settle("finish", finish);
      send(request, response, stage);
    },
  },
  {
    name: "listeners of the socket",
    handler: (request, response, stage) => {
      request.socket.once("close", () => stage.note("socket close"));
      request.socket.once("end", () => stage.note("socket end"));
      request.socket.once("timeout", () => stage.note("socket timeout"));
      send(request, response, stage);
    },
  },
  {
    name: "emit() of an event without listeners",
    watches: ["never"],
    handler: (request, response, stage) => {
      stage.attempt("mine", () => response.emit("mine"));
      stage.attempt("request mine", () => request.emit("mine"));
      send(request, response, stage);
      stage.attempt("mine", () => response.emit("mine"));
    },
  },
];
