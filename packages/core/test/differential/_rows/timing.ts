/** Late answers, requests that wait for them, and slow readers. */
import { Readable } from "node:stream";
import type { PacketronResponse, ServerOptions } from "../../../src/index.ts";
import type { Client } from "../_client.ts";
import { CHUNKED, GET, POST, type Row, type RowHandler, requestOf } from "../_row.ts";

const quick: RowHandler = (request, response) => response.sendTextPlain(`quick ${request.url}`);
const slow: RowHandler = (request, response, stage) => {
  stage.later(10, () => response.sendTextPlain(`slow ${request.url}`));
};
const streamed: RowHandler = (request, response) => {
  Readable.from(["streamed ", request.url ?? ""]).pipe(response);
};
const inTicks: RowHandler = (request, response) => {
  process.nextTick(() => response.sendTextPlain(`tick ${request.url}`));
};
const promised: RowHandler = async (request, response) => {
  await Promise.resolve();
  response.sendTextPlain(`promised ${request.url}`);
};
const bodied: RowHandler = async (request, response) => response.sendJson({ body: await request.getBody() });
const written: RowHandler = (request, response, stage) => {
  response.write("written ");
  stage.later(5, () => response.end(request.url));
};

const mixed: Row["routes"] = {
  "/quick": quick,
  "/slow": slow,
  "/streamed": streamed,
  "/tick": inTicks,
  "/promised": promised,
  "/written": written,
  "/body": { handler: bodied, options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY }) },
};

const orders = [
  ["quick", "slow"],
  ["slow", "quick"],
  ["slow", "quick", "quick", "slow", "quick"],
  ["quick", "streamed", "quick", "slow", "streamed", "quick"],
  ["streamed", "streamed", "quick"],
  ["tick", "quick", "tick", "slow", "promised"],
  ["promised", "promised", "quick"],
  ["written", "quick", "written", "slow", "quick"],
  ["slow", "body", "quick", "body"],
  ["body", "slow", "body", "tick"],
  ["quick", "nowhere", "slow", "nowhere", "quick"],
];

function pipelineOf(order: readonly string[]): string {
  return order
    .map((name) => (name === "body" ? requestOf("POST /body", [], "hello") : requestOf(`GET /${name}`)))
    .join("");
}

const BIG = "x".repeat(12_000_000);

/** Waits until both socket buffers are full: no more bytes arrive for some turns of the event loop. */
async function standstill(client: Client): Promise<void> {
  client.socket.pause();
  for (let count = 0; count < 50; count++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Server options with a long linger timeout, because a busy machine is slow to send the rest of a body. */
const lingers = (): ServerOptions => ({ lingerTimeout: 3_000 });

const REQUEST_IS_OVER =
  "a request ends with its answer, also while that is buffered in the socket; node:http waits for the flush";

function slowReader(name: string, handler: RowHandler, count = 1, more: Partial<Row> = {}): Row {
  return {
    name: `a reader that stops, then continues: ${name}`,
    handler,
    routes: { "/quick": quick },
    client: async (client) => {
      client.socket.pause();
      await client.send(GET.repeat(count) + requestOf("GET /quick")).taken();
      await standstill(client);
      client.socket.resume();
      await client.bytes(BIG.length * count);
      await client.answers(count + 1);
    },
    watches: ["never", "before", "after", "late"],
    ...more,
  };
}

/** Rows about time. */
export const timing: readonly Row[] = [
  ...orders.map(
    (order): Row => ({
      name: `a pipeline of ${order.join(", ")}`,
      routes: mixed,
      client: (client) => client.send(pipelineOf(order)).answers(order.length),
    }),
  ),
  // A timer may fire between two bytes or not, so the properties of the objects are not comparable.
  ...orders
    .filter((order) => !order.includes("slow") && !order.includes("written"))
    .map(
      (order): Row => ({
        name: `a pipeline of ${order.join(", ")}, byte by byte`,
        routes: mixed,
        watches: ["never"],
        client: async (client) => {
          await client.sendIn([...pipelineOf(order)]);
          await client.answers(order.length);
        },
      }),
    ),
  ...(["tick", "promised", "slow"] as const).map(
    (name): Row => ({
      name: `an answer that is ${name}, one after another`,
      routes: mixed,
      client: async (client) => {
        await client.send(requestOf(`GET /${name}`)).answers(1);
        await client.send(requestOf(`GET /${name}`)).answers(2);
        await client.send(requestOf("GET /quick")).answers(3);
      },
    }),
  ),
  {
    name: "a second request that arrives while the first is unanswered",
    routes: {
      ...mixed,
      "/slow": untilTheLast((response) => response.sendTextPlain("slow")),
      "/streamed": asTheLast(streamed),
    },
    client: async (client) => {
      await client.send(requestOf("GET /slow")).taken();
      await client.send(requestOf("GET /quick") + requestOf("GET /streamed")).answers(3);
    },
  },
  {
    name: "a second request that arrives while the first answer has begun",
    routes: {
      ...mixed,
      "/written": (request, response, stage) => {
        response.write("written ");
        return untilTheLast(() => response.end("late"))(request, response, stage);
      },
      "/quick": asTheLast(quick),
    },
    client: async (client) => {
      await client.send(requestOf("GET /written")).sees("written");
      await client.send(requestOf("GET /quick")).answers(2);
    },
  },
  {
    name: "an answer before the body has arrived",
    options: lingers,
    handler: quick,
    client: async (client) => {
      await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n").answers(1);
      await client.send(`hello${GET}`).answers(2);
    },
  },
  {
    name: "an answer before half of a chunked body has arrived",
    options: lingers,
    handler: quick,
    client: async (client) => {
      await client.send(CHUNKED.slice(0, -12)).answers(1);
      await client.send(CHUNKED.slice(-12) + GET).answers(2);
    },
  },
  {
    name: "an answer before a body that never arrives",
    handler: quick,
    closes: true,
    watches: ["never", "after"],
    client: (client) => client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe").closed(),
  },
  {
    name: "an answer before the body, with a next request after it in one write",
    handler: quick,
    client: (client) => client.send(POST + GET + CHUNKED + GET).answers(4),
  },
  {
    name: "an answer from inside of another request's handler",
    routes: {
      "/": (request, response) => {
        const { waiting } = sharedStateOf(request.socket);
        waiting.push(() => response.sendTextPlain("first"));
      },
      "/go": (request, response) => {
        for (const answer of sharedStateOf(request.socket).waiting) answer();
        response.sendTextPlain("second");
      },
    },
    watches: ["never", "before", "after"],
    client: (client) => client.send(GET + requestOf("GET /go")).answers(2),
  },
  {
    name: "a handler that calls another route's handler",
    differs: "a direct answer is sent before the second call, and finished() reports success",
    routes: {
      "/": (request, response, stage) => {
        request.url = "/other";
        const value = {
          toJSON: (): object => {
            response.sendTextPlain("inner");
            return {};
          },
        };
        stage.attempt("sendJson", () => response.sendJson(value));
      },
    },
  },
  {
    name: "a getter that answers inside of an answer",
    handler: (_request, response, stage) => {
      const value = {
        get a(): number {
          response.setHeader("X-Inner", "1");
          return 1;
        },
      };
      stage.attempt("sendJson", () => response.sendJson(value));
    },
  },
  slowReader(
    "one large answer",
    (_request, response, stage) => {
      response.sendTextPlain(BIG);
      stage.snapshot("sent");
      setImmediate(() => stage.snapshot("a turn on"));
    },
    1,
    { differs: REQUEST_IS_OVER },
  ),
  slowReader("two large answers", (_request, response) => response.sendTextPlain(BIG), 2, {
    watches: ["never", "after"],
    differs: REQUEST_IS_OVER,
  }),
  slowReader("bytes", (_request, response) => response.send(Buffer.alloc(BIG.length, 120)), 1, {
    watches: ["never", "after"],
    differs: REQUEST_IS_OVER,
  }),
  slowReader("end()", (_request, response) => void response.end(BIG), 1, { watches: ["never", "before"] }),
  slowReader(
    "write() until it is full, and drain",
    (_request, response, stage) => {
      let left = 12;
      const more = (): void => {
        while (left > 0) {
          left--;
          if (!response.write("y".repeat(1_000_000)) && left > 0) {
            response.once("drain", more);
            return;
          }
        }
        stage.note("written");
        response.end();
      };
      more();
    },
    1,
    { watches: ["never"] },
  ),
  {
    name: "a reader that stops and disconnects",
    differs: REQUEST_IS_OVER,
    handler: (_request, response) => response.sendTextPlain(BIG),
    watches: ["never", "before", "after", "late"],
    client: async (client) => {
      client.socket.pause();
      await client.send(GET + GET).taken();
      await standstill(client);
      await client.leave();
    },
  },
  {
    name: "an idle connection is closed at its time",
    options: () => ({ keepAliveTimeout: 30 }),
    handler: quick,
    closes: true,
    watches: ["never", "after"],
    client: (client) => client.send(GET).closed(),
  },
  {
    name: "an idle connection after a streamed answer is closed at its time",
    options: () => ({ keepAliveTimeout: 30 }),
    handler: streamed,
    closes: true,
    watches: ["never"],
    client: (client) => client.send(GET).closed(),
  },
  {
    name: "a connection with a slow handler is not idle",
    options: () => ({ keepAliveTimeout: 15 }),
    handler: (_request, response) => void setTimeout(() => response.sendTextPlain("slow"), 60),
    closes: true,
    watches: ["never", "before", "after"],
    client: (client) => client.send(GET).closed(),
  },
  {
    name: "keepAliveTimeout 0 never closes",
    options: () => ({ keepAliveTimeout: 0 }),
    handler: quick,
    watches: ["never"],
    client: (client) => client.send(GET).answers(1),
  },
  {
    name: "a head that does not end is refused at its time",
    options: () => ({ headersTimeout: 300, requestTimeout: 600 }),
    handler: quick,
    closes: true,
    watches: ["never"],
    client: async (client) => {
      await client.send(GET).answers(1);
      await client.send("GET / HTTP/1.1\r\nHo").closed();
    },
  },
  {
    name: "a body that does not end is refused at its time",
    options: () => ({ headersTimeout: 300, requestTimeout: 600 }),
    routes: {
      "/": { handler: bodied, options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY }) },
    },
    closes: true,
    watches: ["never"],
    client: async (client) => {
      await client.send(GET).answers(1);
      await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhel").closed();
    },
  },
];

const shelves = new WeakMap<object, { readonly waiting: (() => void)[] }>();

/** A handler that answers after a request to {@link asTheLast} has arrived on its connection. */
function untilTheLast(answer: (response: PacketronResponse) => unknown): RowHandler {
  return (request, response, stage) => {
    const come = new Promise<void>((resolve) => sharedStateOf(request.socket).waiting.push(resolve));
    stage.settle("the last has come", come);
    void come.then(() => setImmediate(() => answer(response)));
  };
}

/** A handler that lets the earlier handlers of its connection answer. */
function asTheLast(handler: RowHandler): RowHandler {
  return (request, response, stage) => {
    for (const notify of sharedStateOf(request.socket).waiting) notify();
    return handler(request, response, stage);
  };
}

/** The state that the handlers of one connection share. */
function sharedStateOf(key: object): { readonly waiting: (() => void)[] } {
  const shelf = shelves.get(key) ?? { waiting: [] };
  shelves.set(key, shelf);
  return shelf;
}
