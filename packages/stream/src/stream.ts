/** The capability `stream()`: adds the members of requests and responses. */
import type { Capability, CapabilityHost, PacketronRequest, PacketronResponse } from "@packetron/core";
import { fail, field, figure, fromCaller, isAnswered } from "@packetron/core/capability";
import { Body } from "./body.ts";
import type { EventsSource } from "./events/event-sender.ts";
import { OpenStreams } from "./events/open-streams.ts";
import { startEvents } from "./events/start-events.ts";
import {
  readEventOptions,
  readStreamOptions,
  type SendEventsOptions,
  type SendStreamOptions,
} from "./options.ts";
import { type StreamChunk, toLine, toPiece } from "./pieces.ts";
import { dropSource, openSource, type StreamSource } from "./source.ts";

declare module "@packetron/core" {
  interface PacketronRequest {
    /**
     * The id of the last event that the client has received, by its `Last-Event-ID`; `null` when it connects for the first
     * time. The client chooses it: check it before you use it.
     *
     * @example
     * const missed = await events.after(Number(request.lastEventId ?? 0));
     */
    readonly lastEventId: string | null;
  }

  interface PacketronResponse {
    /**
     * Sends a body in pieces, as the source gives them: text (as UTF-8) or bytes. Waits while the client does not read. The
     * head leaves with the first piece, so an error before it becomes a 500. A later error cuts the connection, because the
     * client must not take the answer for complete. When the client leaves, the source is ended: a stream is destroyed or
     * cancelled, and the `return()` of an iterator runs. HEAD and statuses without content end the source unread.
     *
     * @returns Resolves when the last piece is written, the client has left, or the error is answered. Never rejects, so
     *   that a handler need not await it.
     * @example
     * response.sendStream(createReadStream("report.csv"), { type: "text/csv; charset=utf-8" });
     */
    sendStream(source: StreamSource<StreamChunk>, options?: SendStreamOptions): Promise<void>;

    /**
     * Sends each value of a source as a line of JSON (NDJSON), `application/x-ndjson`, as {@link sendStream} does.
     *
     * @returns As in {@link sendStream}.
     * @example
     * response.sendLines(database.query("SELECT id, name FROM users").stream());
     */
    sendLines(source: StreamSource<unknown>): Promise<void>;

    /**
     * Sends Server-Sent Events, for `EventSource` in browsers. The source is an iterable of events, which waits while the
     * client does not read, or a function that sends events when it wants to, and returns one that ends what it has begun.
     * The head leaves with the first event, or after one turn of the event loop. An error before it becomes a 500; a later
     * one cuts the connection, and browsers connect again. When the server drains, the stream ends after what was sent.
     *
     * A route with `handlerTimeout` cuts its streams, too: give it `handlerTimeout: false`.
     *
     * @returns Resolves when the stream is over. Never rejects.
     * @example
     * response.sendEvents((events) => {
     *   const listen = (price) => events.send({ event: "price", data: price });
     *   market.on("price", listen);
     *   return () => market.off("price", listen);
     * });
     */
    sendEvents(source: EventsSource, options?: SendEventsOptions): Promise<void>;
  }
}

/**
 * Adds answers that are made while they are sent: `response.sendStream()`, `response.sendLines()`,
 * `response.sendEvents()` and `request.lastEventId`. Other answers run no code of this package.
 *
 * @example
 * const server = new Packetron({ capabilities: [stream()] });
 * server.handle({
 *   routePath: "numbers",
 *   handler: (request, response) => response.sendLines([1, 2, 3]),
 * });
 */
export function stream(): Capability {
  return {
    name: "@packetron/stream",
    install(host) {
      host.extend("request", "lastEventId", {
        get(this: PacketronRequest) {
          return readLastEventId(this);
        },
      });
      extendBodies(host);
      extendEvents(host);
    },
  };
}

function extendBodies(host: CapabilityHost): void {
  host.extend(
    "response",
    "sendStream",
    function sendStream(this: PacketronResponse, source: unknown, given?: unknown): Promise<void> {
      return answer(this, sendStream, source, (call) => {
        const options = readStreamOptions(given);
        const opened = openSource(call, source);
        return new Body({ response: this, call, options, toPiece }).send(opened);
      });
    },
  );
  host.extend(
    "response",
    "sendLines",
    function sendLines(this: PacketronResponse, source: unknown): Promise<void> {
      return answer(this, sendLines, source, (call) => {
        const type = this.hasHeader("Content-Type") ? undefined : "application/x-ndjson";
        const opened = openSource(call, source);
        return new Body({ response: this, call, options: { type }, toPiece: toLine }).send(opened);
      });
    },
  );
}

function extendEvents(host: CapabilityHost): void {
  const count = figure(host, "packetron_event_streams", "Streams of events that are open.");
  const streams = new OpenStreams(host.server, count);
  host.extend(
    "response",
    "sendEvents",
    function sendEvents(this: PacketronResponse, source: unknown, given?: unknown): Promise<void> {
      return answer(this, sendEvents, source, () =>
        startEvents(this, source, readEventOptions(given), streams),
      );
    },
  );
}

type Sender = (this: PacketronResponse, source: unknown, options?: unknown) => Promise<void>;

/** Answers, unless there is an answer. A misuse is answered as an error that the handler throws. */
function answer(
  response: PacketronResponse,
  called: Sender,
  source: unknown,
  send: (call: string) => Promise<void>,
): Promise<void> {
  const call = `${called.name}()`;
  if (isAnswered(response, call)) {
    dropSource(source);
    return Promise.resolve();
  }
  try {
    return fromCaller(called, () => send(call));
  } catch (error) {
    dropSource(source);
    fail(error, response.req, response);
    return Promise.resolve();
  }
}

/** Browsers send the bytes of the id as UTF-8, and Node reads headers as Latin-1. */
function readLastEventId(request: PacketronRequest): string | null {
  const id = field(request, "last-event-id");
  if (id === undefined) return null;
  return Buffer.from(id, "latin1").toString("utf8");
}
