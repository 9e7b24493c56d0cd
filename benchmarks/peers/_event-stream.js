/** A stream of events on the response of `node:http`, for programs whose framework has no helper for it. */
import { EVENT_HEADERS, HEARTBEAT, HELLO } from "./_data.js";
import { makeEventSource } from "./_program.js";

let streams;

export function openEventStream(response) {
  streams ??= makeEventSource();
  const send = () => response.write(`data: ${JSON.stringify(HELLO)}\n\n`);
  const heartbeat = setInterval(() => response.write(":\n\n"), HEARTBEAT);
  response.on("close", () => {
    clearInterval(heartbeat);
    streams.delete(send);
  });
  response.writeHead(200, EVENT_HEADERS);
  send();
  streams.add(send);
}
