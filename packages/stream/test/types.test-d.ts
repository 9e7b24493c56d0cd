/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import { createReadStream } from "node:fs";
import type { PacketronRequest, PacketronResponse } from "@packetron/core";
import { type EventsSource, type ServerSentEvent, stream } from "../src/index.ts";

export async function bodies(response: PacketronResponse): Promise<void> {
  await response.sendStream(createReadStream("a.csv"), { type: "text/csv", length: 7, status: 201 });
  await response.sendStream((await fetch("http://localhost")).body ?? []);
  await response.sendStream(["text", new Uint8Array(1), new ArrayBuffer(1), Promise.resolve("later")]);
  await response.sendLines([{ a: 1 }, null, "text"]);
  await response.sendLines(
    (async function* () {
      yield new Date();
    })(),
  );
  // @ts-expect-error: a piece is text or bytes
  response.sendStream([1]);
  // @ts-expect-error: length is a number of bytes
  response.sendStream([], { length: "7" });
  // @ts-expect-error: a value is not a source
  response.sendLines({ a: 1 });
}

export function events(request: PacketronRequest, response: PacketronResponse): void {
  const clients = new Set<unknown>();
  const event: ServerSentEvent = { id: 7, event: "price", data: { eur: 1 }, retry: 1_000 };
  const source: EventsSource = [event, Promise.resolve({ data: "later" })];
  void response.sendEvents(source, { heartbeat: 0, retry: 2_000 });
  void response.sendEvents((open) => {
    const keepsUp: boolean = open.send(event);
    open.signal.addEventListener("abort", open.close);
    return () => keepsUp;
  });
  void response.sendEvents((open) => clients.add(open));
  void response.sendEvents(async ({ send }) => void send({ data: request.lastEventId?.length }));
  // @ts-expect-error: an event is an object
  void response.sendEvents(["text"]);
  // @ts-expect-error: an event has no field name
  void response.sendEvents((open) => open.send({ name: "price" }));
  // @ts-expect-error: retry is a number of milliseconds
  void response.sendEvents([], { retry: "2s" });
  // @ts-expect-error: the id is of the client
  request.lastEventId = "7";
  // @ts-expect-error: stream() has no parameters
  stream({});
}
