/** Live events: a message that one worker announces reaches the pages of all workers. */
import type { Packetron } from "packetron";

/** Adds the route /events, which pages read with `EventSource`. Returns a function that sends a message to every page. */
export function addEvents(server: Packetron): (message: Readonly<Record<string, unknown>>) => void {
  const pages = new Set<(message: unknown) => void>();
  server.subscribe("events", (message) => {
    for (const send of pages) send(message);
  });

  server.handle({
    routePath: "events",
    handler: (_request, response) =>
      response.sendEvents((events) => {
        const send = (message: unknown): void => void events.send({ data: message });
        pages.add(send);
        send({ type: "hello", worker: server.workerId });
        return () => pages.delete(send);
      }),
  });

  return (message) => server.broadcast("events", message);
}
