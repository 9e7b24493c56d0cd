/** The data in the answers of the contestants, which the scenarios expect. */

export const HELLO = { message: "Hello, World!" };

/** The names of the 200 routes, `/<name>/:id` each. */
export const ROUTE_NAMES = Array.from({ length: 200 }, (_, index) => `resource-${index}`);

/** Answers of about 2, 5 and 10 KB as JSON, by their size in kilobytes. */
export const CATALOGS = Object.fromEntries([2, 5, 10].map((size) => [size, makeCatalog(size * 1024)]));

function makeCatalog(bytes) {
  const items = [];
  while (JSON.stringify(items).length < bytes) {
    const id = items.length;
    items.push({
      id,
      name: `Product ${(id * 7919) % 1000}`,
      price: ((id * 37) % 997) / 10,
      tags: ["new", "sale", `c${id % 13}`],
      stocked: id % 3 === 0,
      description: `A useful thing for the house and garden ${(id * 31) % 77}`,
    });
  }
  return items;
}

/** The headers that the handler of the `browser` application sets. */
export const RESPONSE_HEADERS = {
  "cache-control": "private, no-store",
  "x-request-id": "b7f0c2d4e6a84c1f",
  "x-frame-options": "DENY",
};

/** A limit above the rate of every contestant: the limiter counts, and accepts all requests. */
export const RATE_LIMIT = 10_000_000;

/** How long the handler of the `async` application waits, in milliseconds. */
export const WAIT = 10;

/** How long the handler of the `burst` application works, in milliseconds. */
export const WORK = 0.02;

/** The headers of a stream of events, which Packetron and hono set by themselves. */
export const EVENT_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" };

/** How often every open stream of the `events` application gets an event, in milliseconds. */
export const EVENT_INTERVAL = 100;

/** How long a stream of events is silent before it gets a comment, in milliseconds: the default of Packetron. */
export const HEARTBEAT = 15_000;

/** The files of the static scenarios, with their sizes in bytes. */
export const FILES = { "1k.txt": 1024, "100k.txt": 102_400, "10m.txt": 10_485_760 };
