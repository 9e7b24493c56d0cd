/** Open streams of Server-Sent Events, and a count of the events that they get. */
import { connect, type Socket } from "node:net";
import type { ScenarioRequest } from "../scenarios/scenario.ts";
import { openInBatches } from "./open-batches.ts";

const LINE_FEED = 0x0a;

/** Open streams. */
export interface EventStreams {
  /** The number of events that all streams have got so far. */
  readonly events: number;
  close(): void;
}

/** Opens streams, and waits for the first event of each. */
export async function openEventStreams(
  port: number,
  request: ScenarioRequest,
  count: number,
): Promise<EventStreams> {
  let events = 0;
  const open = (): Promise<Socket> =>
    openStream(port, request, (more) => {
      events += more;
    });
  const sockets = await openInBatches(count, open);
  return {
    get events() {
      return events;
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function openStream(
  port: number,
  { method, path }: ScenarioRequest,
  onEvents: (count: number) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const counter = new EventCounter();
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the server has closed a stream of events")));
    socket.on("data", (bytes) => {
      const count = counter.read(bytes);
      if (count === 0) return;
      onEvents(count);
      resolve(socket);
    });
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  });
}

/** Counts the ends of events in a stream: two line feeds. Neither a head nor the lines of chunks have two in a row. */
export class EventCounter {
  #isAfterLineFeed = false;

  /** Takes the next bytes, and returns the number of events that end in them. */
  read(bytes: Uint8Array): number {
    let count = 0;
    for (const byte of bytes) {
      const isLineFeed = byte === LINE_FEED;
      if (isLineFeed && this.#isAfterLineFeed) count++;
      this.#isAfterLineFeed = isLineFeed && !this.#isAfterLineFeed;
    }
    return count;
  }
}
