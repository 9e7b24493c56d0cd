/** Sends the events of a source: of a function, or of an iterable. */
import type { PacketronResponse } from "@packetron/core";
import { isBodiless, writeEventHead } from "../head.ts";
import type { EventSettings } from "../options.ts";
import { Pump, type Sink } from "../pump.ts";
import { openSource, type Source } from "../source.ts";
import type { EventsFunction } from "./event-sender.ts";
import { EventStream } from "./event-stream.ts";
import type { ServerSentEvent } from "./event-text.ts";
import type { OpenStreams } from "./open-streams.ts";

/** Answers with events. Resolves when the stream is over; never rejects. @throws PKT_OPTION_INVALID for a wrong source */
export function startEvents(
  response: PacketronResponse,
  source: unknown,
  settings: EventSettings,
  streams: OpenStreams,
): Promise<void> {
  const opened =
    typeof source === "function" ? (source as EventsFunction) : openSource("sendEvents()", source);
  if (isBodiless(response, response.statusCode)) {
    if (typeof opened !== "function") opened.cancel();
    writeEventHead(response);
    response.end();
    return Promise.resolve();
  }
  const stream = new EventStream({ response, settings, streams });
  return stream.run(typeof opened === "function" ? opened : () => pumpEvents(opened, stream));
}

/** Sends the events of an iterable one after another. Returns the function that ends the iterable. */
function pumpEvents(source: Source, stream: EventStream): () => void {
  const sink: Sink = {
    // Until the head has left, a source that always has a next event would fill the memory.
    write: (event) => stream.send(event as ServerSentEvent) && stream.isOpen,
    whenReady: (next) => stream.whenReady(next),
    end: () => stream.close(),
    fail: (error) => stream.fail(error),
    failLate: (error) => stream.failLate(error),
  };
  const pump = new Pump(source, sink);
  pump.start();
  return () => pump.stop();
}
