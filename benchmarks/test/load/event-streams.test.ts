import { expect, test } from "vitest";
import { EventCounter, openEventStreams } from "../../load/event-streams.ts";
import { listen } from "./_http-server.ts";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

test.each([
  ["a head has none", [HEAD], 0],
  ["events", ["data: 1\n\ndata: 2\n\n"], 2],
  ["an event in chunks of HTTP", ["9\r\ndata: 1\n\n\r\n"], 1],
  ["an end in two reads", ["data: 1\n", "\ndata: 2"], 1],
  ["three line feeds as one end", ["data: 1\n\n\n"], 1],
])("EventCounter counts the ends of events: %s", (_what, reads, count) => {
  const counter = new EventCounter();
  expect(reads.reduce((sum, text) => sum + counter.read(Buffer.from(text)), 0)).toBe(count);
});

test("streams are open when each has had its first event, and all events count", async () => {
  const answers: { write(text: string): void }[] = [];
  const port = await listen((_request, response) => {
    answers.push(response);
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: first\n\n");
  });
  const streams = await openEventStreams(port, { method: "GET", path: "/" }, 3);
  expect(streams.events).toBe(3);
  for (const answer of answers) answer.write("data: second\n\n");
  await expect.poll(() => streams.events).toBe(6);
  streams.close();
});

test("a stream that ends without an event is an error", async () => {
  const port = await listen((_request, response) => void response.destroy());
  await expect(openEventStreams(port, { method: "GET", path: "/" }, 1)).rejects.toThrow();
});
