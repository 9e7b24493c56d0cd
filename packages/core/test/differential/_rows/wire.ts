/** Raw requests: HTTP versions, Expect, Upgrade, malformed requests among valid ones, and aborts. */
import { CHUNKED, GET, POST, type Row, type RowHandler, requestOf } from "../_row.ts";

const plain: RowHandler = (request, response) =>
  response.sendJson({ url: request.url, method: request.method });
const listened: RowHandler = (request, response, stage) => {
  response.on("finish", () => {});
  plain(request, response, stage);
};
const streamed: RowHandler = (_request, response) => {
  response.write("one, ");
  response.end("two");
};
const read: RowHandler = async (request, response) => {
  const chunks = await request.toArray();
  response.sendJson({ size: Buffer.concat(chunks).length });
};

/** The bytes to send, the number of answers, and whether the server closes afterwards. */
const texts: readonly (readonly [name: string, text: string, answers: number, closes?: boolean])[] = [
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 1, true],
  ["HTTP/1.0 with keep-alive", "GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", 1],
  ["HTTP/1.0 with a body", "POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 1, true],
  ["HTTP/1.0 after HTTP/1.1", `${GET}GET / HTTP/1.0\r\n\r\n${GET}`, 2, true],
  ["HEAD of HTTP/1.0", "HEAD / HTTP/1.0\r\n\r\n", 1, true],
  ["Connection: close", requestOf("GET /", ["Connection: close"]), 1, true],
  ["Connection: close and more after it", requestOf("GET /", ["Connection: close"]) + GET, 1, true],
  ["Connection: close after others", GET + GET + requestOf("GET /", ["Connection: close"]), 3, true],
  ["Connection: Close, x", requestOf("GET /", ["Connection: Close, x"]), 1, true],
  ["Connection: keep-alive", requestOf("GET /", ["Connection: keep-alive"]), 1],
  ["Connection: x", requestOf("GET /", ["Connection: x"]), 1],
  ["HEAD", requestOf("HEAD /") + GET + requestOf("HEAD /"), 3],
  ["POST and its body", POST + POST, 2],
  ["chunked bodies", CHUNKED + CHUNKED + GET, 3],
  ["a body of GET", requestOf("GET /", [], "hello") + GET, 2],
  ["an empty body", requestOf("POST /", [], "") + GET, 2],
  [
    "an Upgrade that the server does not offer",
    requestOf("GET /", ["Connection: Upgrade", "Upgrade: websocket"]),
    1,
  ],
  ["an Upgrade after others", GET + GET + requestOf("GET /", ["Connection: Upgrade", "Upgrade: h2c"]), 3],
  ["Expect: nonsense", requestOf("POST /", ["Expect: nonsense"], "hello"), 1, true],
  [
    "Expect: 100-continue, nonsense",
    requestOf("POST /", ["Expect: 100-continue, nonsense"], "hello"),
    1,
    true,
  ],
  ["Expect: 100-continue after a GET", GET + requestOf("POST /", ["Expect: 100-continue"], "hello"), 2],
  [
    "Expect on HTTP/1.0",
    "POST / HTTP/1.0\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    1,
    true,
  ],
  ["two Hosts", `${GET}GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n${GET}`, 2, true],
  ["no Host", `${GET}GET / HTTP/1.1\r\n\r\n${GET}`, 2, true],
  [
    "a length and chunked",
    `${GET}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    2,
    true,
  ],
  ["an invalid length", `${GET}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello`, 2, true],
  [
    "two lengths",
    `${GET}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    2,
    true,
  ],
  [
    "an invalid chunk size",
    `${GET}POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n`,
    2,
    true,
  ],
  ["Transfer-Encoding: gzip", `${GET}POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n`, 2, true],
  ["garbage", `${GET}garbage\r\n\r\n${GET}`, 2, true],
  ["an unknown method", `${GET}BREW / HTTP/1.1\r\nHost: x\r\n\r\n${GET}`, 2, true],
  ["CONNECT", `${GET}CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n`, 2, true],
  ["HTTP/2.0", `${GET}GET / HTTP/2.0\r\nHost: x\r\n\r\n`, 2, true],
  ["the preface of HTTP/2", `${GET}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, 2, true],
  ["a header without a colon", `${GET}GET / HTTP/1.1\r\nHost x\r\n\r\n`, 2, true],
  ["a target with a fragment", `${GET}${requestOf("GET /#a")}`, 2, true],
  ["an absolute target", requestOf("GET http://x/") + GET, 2],
  ["an absolute target of another host", `${GET}${requestOf("GET http://y/")}`, 2, true],
  ["a head that is too large", `${GET}GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 2, true],
  ["a method of Node that Packetron does not support", requestOf("PROPFIND /") + GET, 2],
  ["empty lines between requests", `\r\n${GET}\r\n${GET}`, 2],
];

const answering: readonly (readonly [name: string, handler: RowHandler])[] = [
  ["a plain answer", plain],
  ["a listener", listened],
  ["a streamed answer", streamed],
  ["an answer after the body", read],
  [
    "an answer of 5 ms",
    (request, response, stage) => void stage.later(5, () => plain(request, response, stage)),
  ],
];

/** One row for each text and way to answer. */
export const wire: readonly Row[] = [
  ...texts.flatMap(([name, text, count, closes = false]) =>
    answering.map(
      ([way, handler]): Row => ({
        name: `${name}, ${way}`,
        handler,
        closes,
        watches: ["never", "before", "after"],
        client: (client) => (closes ? client.send(text).closed() : client.send(text).answers(count)),
      }),
    ),
  ),
  ...(["getBody", "toArray"] as const).map(
    (method): Row => ({
      name: `Expect: 100-continue and ${method}()`,
      routes: {
        "/": {
          handler: async (request, response) =>
            response.sendJson({ size: String(await request[method]()).length }),
          options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY }),
        },
      },
      client: async (client) => {
        await client.send(GET).answers(1);
        await client
          .send(requestOf("POST /", ["Expect: 100-continue", "Content-Length: 5"]))
          .sees("100 Continue");
        await client.send(`hello${GET}`).answers(3);
      },
    }),
  ),
  {
    name: "Expect: 100-continue and an answer without the body",
    handler: plain,
    closes: true,
    client: (client) =>
      client.send(requestOf("POST /", ["Expect: 100-continue", "Content-Length: 5"])).closed(),
  },
  {
    name: "Expect: 100-continue and a body over the limit",
    routes: {
      "/": {
        handler: read,
        options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY, maxRequestSizeInBytes: 4 }),
      },
    },
    closes: true,
    client: (client) =>
      client.send(requestOf("POST /", ["Expect: 100-continue", "Content-Length: 5"])).closed(),
  },
  {
    name: "a client that closes its half after the request",
    handler: plain,
    client: (client) => client.send(GET).fin().closed(),
  },
  {
    name: "a client that closes its half after a pipeline",
    handler: plain,
    client: (client) =>
      client
        .send(GET + GET + POST)
        .fin()
        .closed(),
  },
  {
    name: "a client that closes its half while the answer is slow",
    handler: (request, response, stage) => stage.afterwards(() => plain(request, response, stage)),
    client: async (client) => (await client.send(GET).taken()).fin().closed(),
  },
  {
    name: "a client that closes its half in the middle of a head",
    handler: plain,
    client: async (client) => {
      await client.send(GET).answers(1);
      await client.send("GET / HT").fin().closed();
    },
  },
  {
    name: "a client that closes its half in the middle of a body",
    handler: read,
    client: async (client) => {
      await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhel").taken();
      await client.fin().closed();
    },
  },
  ...(["fin", "reset"] as const).flatMap((how): Row[] => [
    {
      name: `a client that leaves by ${how} while the answer is slow`,
      handler: (request, response, stage) => stage.afterwards(() => plain(request, response, stage)),
      client: (client) => client.send(GET).leave(how),
    },
    {
      name: `a client that leaves by ${how} with requests after a slow one`,
      handler: (request, response, stage) => stage.afterwards(() => plain(request, response, stage)),
      client: (client) => client.send(GET + GET + POST).leave(how),
    },
    {
      name: `a client that leaves by ${how} while the answer streams`,
      handler: (_request, response, stage) => {
        response.write("part");
        stage.afterwards(() => void response.end("rest"));
      },
      client: async (client) => (await client.send(GET).sees("part")).leave(how),
    },
    {
      name: `a client that leaves by ${how} in the middle of a body that getBody() reads`,
      routes: {
        "/": {
          handler: async (request, response, stage) => {
            stage.settle("body", request.getBody());
            await request.getBody();
            response.sendOk();
          },
          options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY }),
        },
      },
      client: (client) =>
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhel").leave(how),
    },
    {
      name: `a client that leaves by ${how} in the middle of an unread body`,
      handler: (_request, _response, stage) => stage.note("waits"),
      client: (client) =>
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhel").leave(how),
    },
    {
      name: `a client that leaves by ${how} and is never answered`,
      handler: (_request, _response, stage) => stage.note("waits"),
      client: (client) => client.send(GET).leave(how),
    },
    {
      name: `a client that leaves by ${how} after its answer`,
      handler: plain,
      client: async (client) => (await client.send(GET).answers(1)).leave(how),
    },
  ]),
];
