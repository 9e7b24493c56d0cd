/** Uses of the request and its body by a handler. */
import { PassThrough, pipeline } from "node:stream";
import type { Client } from "../_client.ts";
import { CHUNKED, GET, POST, type Row, type RowHandler, requestOf } from "../_row.ts";

const bodies: readonly (readonly [name: string, text: string])[] = [
  ["no body", GET],
  ["a body with a length", POST],
  ["a chunked body", CHUNKED],
];

const uses: readonly (readonly [name: string, handler: RowHandler])[] = [
  ["nothing", (_request, response) => response.sendTextPlain("unread")],
  [
    "a data listener",
    (request, response, stage) => {
      request.on("data", (chunk: Buffer) => stage.note(`data ${chunk}`));
      request.on("end", () => response.sendTextPlain("read"));
    },
  ],
  [
    "setEncoding() and a data listener",
    (request, response, stage) => {
      stage.attempt("setEncoding", () => request.setEncoding("utf8"));
      request.on("data", (chunk: unknown) => stage.note(`data ${typeof chunk} ${String(chunk)}`));
      request.on("end", () => response.sendTextPlain("read"));
    },
  ],
  [
    "a readable listener and read()",
    (request, response, stage) => {
      request.on("readable", () => {
        for (let chunk: unknown = request.read(); chunk !== null; chunk = request.read())
          stage.note(`read ${String(chunk)}`);
      });
      request.on("end", () => response.sendTextPlain("read"));
    },
  ],
  [
    "read() alone",
    (request, response, stage) => {
      stage.attempt("read", () => request.read());
      setImmediate(() => {
        stage.attempt("read", () => request.read());
        response.sendTextPlain("read");
      });
    },
  ],
  [
    "resume()",
    (request, response, stage) => {
      stage.attempt("resume", () => request.resume());
      response.sendTextPlain("resumed");
    },
  ],
  [
    "pause()",
    (request, response, stage) => {
      stage.attempt("pause", () => request.pause());
      response.sendTextPlain("paused");
    },
  ],
  [
    "resume() and end",
    (request, response) => void request.resume().on("end", () => response.sendTextPlain("ended")),
  ],
  [
    "pipe()",
    (request, response, stage) => {
      const sink = new PassThrough();
      sink.on("data", (chunk: Buffer) => stage.note(`piped ${chunk}`));
      sink.on("end", () => response.sendTextPlain("piped"));
      stage.attempt("pipe", () => request.pipe(sink) === sink);
    },
  ],
  ["pipe() into the response", (request, response) => void request.pipe(response)],
  [
    "pipeline() into the response",
    (request, response, stage) =>
      void pipeline(request, response, (error) => stage.note(`pipeline ${String(error)}`)),
  ],
  [
    "async iteration",
    async (request, response, stage) => {
      for await (const chunk of request) stage.note(`chunk ${String(chunk)}`);
      response.sendTextPlain("iterated");
    },
  ],
  [
    "async iteration after the answer",
    async (request, response, stage) => {
      response.sendTextPlain("early");
      try {
        for await (const chunk of request) stage.note(`chunk ${String(chunk)}`);
        stage.note("iterated");
      } catch (error) {
        stage.note(
          `iteration failed: ${error instanceof Error && "code" in error ? String(error.code) : ""}`,
        );
      }
    },
  ],
  [
    "toArray()",
    async (request, response) => response.sendTextPlain(Buffer.concat(await request.toArray()).toString()),
  ],
  [
    "setTimeout() that does not fire",
    (request, response, stage) => {
      stage.attempt("setTimeout", () => request.setTimeout(5_000));
      response.sendTextPlain("in time");
    },
  ],
  ["getBody()", async (request, response) => response.sendJson({ body: await request.getBody() })],
  [
    "getBody() twice and after the answer",
    async (request, response, stage) => {
      const first = await request.getBody();
      response.sendJson({ first });
      stage.settle("again", request.getBody());
    },
  ],
  [
    "getBody() without an await",
    (request, response, stage) => {
      stage.settle("body", request.getBody());
      response.sendTextPlain("early");
    },
  ],
  [
    "getBody() after the answer",
    (request, response, stage) => {
      response.sendTextPlain("early");
      stage.settle("body", request.getBody());
    },
  ],
  [
    "getRawBody()",
    async (request, response, stage) => {
      await request.getBody();
      stage.settle(
        "raw",
        Promise.resolve().then(() => request.getRawBody()),
      );
      response.sendTextPlain("raw");
    },
  ],
  [
    "hasBody(), query, cookies, ip, signal and path",
    (request, response, stage) => {
      stage.note(
        JSON.stringify([request.hasBody(), request.query, request.cookies, request.ip, request.path]),
      );
      stage.note(`${request.signal.aborted} ${request.url}`);
      stage.note(JSON.stringify([request.headers, request.rawHeaders, request.headersDistinct]));
      stage.note(
        JSON.stringify([request.trailers, request.rawTrailers, request.httpVersion, request.method]),
      );
      response.sendTextPlain("sent");
    },
  ],
  [
    "an answer a turn later",
    (_request, response) => void setImmediate(() => response.sendTextPlain("later")),
  ],
];

function parsed(text: string): Pick<Row, "client"> {
  return {
    client: async (client: Client) => {
      await client.send(text).answers(1);
      await client.send(text + text).answers(3);
    },
  };
}

/** One row for each use and kind of body. */
export const requests: readonly Row[] = [
  ...bodies.flatMap(([bodyName, text]) =>
    uses.map(
      ([name, handler]): Row => ({
        name: `${bodyName}, ${name}`,
        ...(name === "an answer a turn later"
          ? {
              differs: "an unread body is discarded without being read, as readableDidRead shows",
            }
          : {}),
        routes: {
          "/": { handler, options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY }) },
        },
        ...parsed(text),
      }),
    ),
  ),
  {
    name: "getBody() of JSON, good and broken",
    routes: {
      "/": {
        handler: async (request, response) => {
          const body = await request.getBody();
          response.sendJson({ body, wrong: showCode(await request.getBodyError()) });
        },
        options: (kit) => ({ flags: kit.PacketronHandlerFlags.JSON_BODY }),
      },
    },
    client: (client) =>
      client
        .send(
          requestOf("POST /", [], '{"a":1}') + requestOf("POST /", [], "{") + requestOf("POST /", [], "[]"),
        )
        .answers(3),
  },
  {
    name: "a body over the limit",
    routes: {
      "/": {
        handler: async (request, response) => response.sendJson({ body: await request.getBody() }),
        options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY, maxRequestSizeInBytes: 4 }),
      },
    },
    closes: true,
    client: (client) => client.send(POST).closed(),
  },
  {
    name: "a chunked body over the limit",
    routes: {
      "/": {
        handler: async (request, response) => response.sendJson({ body: await request.getBody() }),
        options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY, maxRequestSizeInBytes: 4 }),
      },
    },
    // The end of lingering closes the connection, whether or not the rest of the body has arrived.
    client: (client) => client.send(CHUNKED).answers(1),
  },
  {
    name: "a body at the limit",
    routes: {
      "/": {
        handler: async (request, response) => response.sendJson({ body: await request.getBody() }),
        options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY, maxRequestSizeInBytes: 5 }),
      },
    },
    client: (client) => client.send(POST + POST).answers(2),
  },
  {
    name: "an invalid body that is refused",
    routes: {
      "/": {
        handler: (_request, response) => response.sendOk(),
        options: (kit) => ({
          flags: kit.PacketronHandlerFlags.JSON_BODY | kit.PacketronHandlerFlags.REJECT_INVALID_BODY,
        }),
      },
    },
    client: (client) => client.send(requestOf("POST /", [], "{") + requestOf("POST /", [], "{}")).answers(2),
  },
  {
    name: "a body of a type that two parsers do not read",
    routes: {
      "/": {
        handler: (_request, response) => response.sendOk(),
        options: (kit) => ({
          flags: kit.PacketronHandlerFlags.JSON_BODY | kit.PacketronHandlerFlags.XML_BODY,
        }),
      },
    },
    client: (client) => client.send(requestOf("POST /", ["Content-Type: image/png"], "{}")).answers(1),
  },
  {
    name: "an unread body in pieces, after a quick answer",
    options: () => ({ lingerTimeout: 3_000 }), // a busy machine is slow to send the rest of a body
    handler: (_request, response) => response.sendTextPlain("quick"),
    client: async (client) => {
      await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234").answers(1);
      await client.send(`56789${GET}`).answers(2);
    },
  },
  {
    name: "a body in pieces that getBody() reads",
    routes: {
      "/": {
        handler: async (request, response) => response.sendJson({ body: await request.getBody() }),
        options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY }),
      },
    },
    client: async (client) => {
      await client.sendIn([...requestOf("POST /", [], "hello")]);
      await client.answers(1);
      await client.sendIn([
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Len",
        "gth: 10\r\n\r\n01234",
        `56789${GET}`,
      ]);
      await client.answers(3);
    },
  },
  {
    name: "chunked trailers",
    handler: async (request, response, stage) => {
      await request.toArray();
      stage.note(JSON.stringify([request.trailers, request.rawTrailers]));
      response.sendOk();
    },
    client: (client) =>
      client
        .send(
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n",
        )
        .answers(1),
  },
  {
    name: "a large body with a reader that pauses",
    handler: (request, response, stage) => {
      let size = 0;
      request.on("data", (chunk: Buffer) => {
        size += chunk.length;
        request.pause();
        setImmediate(() => request.resume());
      });
      request.on("end", () => {
        stage.note(`${size} bytes`);
        response.sendTextPlain(String(size));
      });
    },
    watches: ["never"],
    client: (client) => client.send(requestOf("POST /", [], "x".repeat(1_000_000)) + GET).answers(2),
  },
  {
    name: "a large unread body",
    options: () => ({ lingerTimeout: 3_000 }),
    handler: (_request, response) => response.sendOk(),
    watches: ["never"],
    // The rest of the body follows the answer, so that its last byte cannot arrive during the turn that is compared.
    client: async (client) => {
      const request = requestOf("POST /", [], "x".repeat(1_000_000));
      await client.send(request.slice(0, 900_000)).answers(1);
      await client.send(request.slice(900_000) + GET).answers(2);
    },
  },
  {
    name: "a large body that getBody() reads",
    routes: {
      "/": {
        handler: async (request, response) =>
          response.sendJson({ size: String(await request.getBody()).length }),
        options: (kit) => ({ flags: kit.PacketronHandlerFlags.PLAIN_TEXT_BODY }),
      },
    },
    watches: ["never"],
    client: (client) => client.send(requestOf("POST /", [], "x".repeat(1_000_000)) + GET).answers(2),
  },
  {
    name: "the socket after the answer",
    differs: "a direct answer releases the socket when its sender returns, node:http releases it with finish",
    handler: (request, response, stage) => {
      const { socket } = request;
      stage.note(
        `${response.socket === socket} ${response.connection === socket} ${request.connection === socket}`,
      );
      response.sendOk();
      stage.note(`${response.socket === socket} ${request.socket === socket}`);
      setImmediate(() => {
        stage.note(
          `${response.socket === null} ${response.connection === null} ${request.socket === socket}`,
        );
        stage.note(`${socket.destroyed} ${socket.writableLength} ${socket.remoteAddress}`);
      });
    },
  },
  {
    name: "params, and none of them for the next request",
    routes: {
      "/users/:id": (request, response) => response.sendJson(request.params),
      "/": (request, response) => response.sendJson(request.params),
      "/rest/*": (request, response) => response.sendJson(request.params),
    },
    client: (client) =>
      client
        .send(requestOf("GET /users/7") + GET + requestOf("GET /rest/a/b") + requestOf("GET /%61"))
        .answers(4),
  },
];

function showCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
