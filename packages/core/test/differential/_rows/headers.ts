/** Headers that a handler sets: ordinary ones keep direct dispatch, those of message framing end it. */
import type { PacketronResponse } from "../../../src/message/response.ts";
import { GET, type Row, requestOf } from "../_row.ts";

const framing: readonly (readonly [
  name: string,
  value: string | number | readonly string[],
  closes?: boolean,
])[] = [
  ["Connection", "close"],
  ["Connection", "Close"],
  ["Connection", "keep-alive"],
  ["connection", "x-private"],
  ["Connection", ["close", "x-private"]],
  ["Connection", "upgrade"],
  ["Keep-Alive", "timeout=7"],
  ["Transfer-Encoding", "chunked"],
  ["transfer-encoding", "gzip, chunked"],
  ["Transfer-Encoding", "identity"],
  ["Content-Length", 8],
  ["Content-Length", "8"],
  ["content-length", 3],
  ["Content-Length", 0],
  ["Date", "Thu, 01 Jan 1970 00:00:00 GMT"],
  ["Date", "never"],
  ["Trailer", "X-Sum"],
  ["Upgrade", "websocket"],
  ["Expect", "nonsense"],
  ["Server", "mine"],
  ["Content-Type", "text/odd"],
  ["content-type", ""],
  ["Content-Encoding", "gzip"],
  ["ETag", '"1"'],
  ["X-Latin", "sch\xf6n"],
  ["X-Empty", ""],
  ["X-List", ["1", "2", "3"]],
  ["Set-Cookie", ["a=1", "b=2"]],
  ["Set-Cookie", "a=1"],
  ["X-Number", 5],
  ["__proto__", "1"],
  ["constructor", "1"],
];

/** Makes a function that returns "fine" when Node checks the value, and another text later. */
function changing(later: () => string): () => string {
  let asked = 0;
  return () => (asked++ === 0 ? "fine" : later());
}

const INJECTION = "not\r\nX-Evil: 1";

/** Values that Node accepts, because their text is valid when Node checks it. */
const oddValues: readonly (readonly [what: string, makeValue: (response: PacketronResponse) => unknown])[] = [
  ["an object that changes", () => ({ toString: changing(() => INJECTION) })],
  ["a list of an object that changes", () => [{ toString: changing(() => INJECTION) }]],
  ["a function that changes", () => Object.assign(() => {}, { toString: changing(() => INJECTION) })],
  [
    "an object that throws later",
    () => ({
      toString: changing(() => {
        throw new Error("no text any more");
      }),
    }),
  ],
  [
    "an object that answers",
    (response) => ({
      toString: changing(() => {
        response.sendTextPlain("inner");
        return "outer";
      }),
    }),
  ],
  [
    "an object that listens",
    (response) => ({
      toString: changing(() => {
        response.on("finish", () => {});
        return "listened";
      }),
    }),
  ],
];

const invalid: readonly (readonly [name: unknown, value: unknown])[] = [
  ["X-A", "1\r\nX-Evil: 1"],
  ["X-A", "1\nX-Evil: 1"],
  ["X-A", "1\rX-Evil: 1"],
  ["X-A", "\0"],
  ["X-A", "\x7f"],
  ["X-A", "€"],
  ["X-A", ["fine", "not\r\nfine"]],
  ["X-A", undefined],
  ["X-A", null],
  ["X-A\r\nX-Evil", "1"],
  ["X A", "1"],
  ["", "1"],
  ["ü", "1"],
  [undefined, "1"],
  ["Set-Cookie", ["a=1", "b=2\r\nX-Evil: 1"]],
];

/** One row for each header, and the ways to set it. */
export const headers: readonly Row[] = [
  ...framing.map(
    ([name, value]): Row => ({
      name: `setHeader(${name}: ${String(value)}) and sendJson()`,
      handler: (_request, response, stage) => {
        stage.attempt("setHeader", () => response.setHeader(name, value));
        response.sendJson({ a: 1 });
      },
      client: async (client) => void (await client.send(GET).answers(1)),
      watches: ["never", "before", "after"],
    }),
  ),
  ...framing.map(
    ([name, value]): Row => ({
      name: `setHeader(${name}: ${String(value)}) and sendStatusCode() to HEAD`,
      handler: (_request, response) => {
        response.setHeader(name, value);
        response.sendStatusCode(201);
      },
      client: (client) => client.send(requestOf("HEAD /")).answers(1),
      watches: ["never"],
    }),
  ),
  {
    name: "invalid header values and names",
    handler: (_request, response, stage) => {
      for (const [name, value] of invalid) {
        const label = JSON.stringify([name, value]);
        stage.attempt(`set ${label}`, () => Reflect.apply(response.setHeader, response, [name, value]));
        stage.attempt(`append ${label}`, () => Reflect.apply(response.appendHeader, response, [name, value]));
      }
      stage.note(JSON.stringify(response.getHeaders()));
      response.sendJson({});
    },
  },
  {
    name: "a header with a line break, without another answer",
    handler: (_request, response) => {
      response.setHeader("X-Before", "1");
      response.setHeader("X-A", "1\r\nX-Evil: 1");
      response.sendJson({});
    },
  },
  {
    name: "a value that is converted to text when it is sent",
    watches: ["never"],
    handler: (_request, response, stage) => {
      let asked = 0;
      const value = { toString: () => (asked++ === 0 ? "fine" : "not\r\nX-Evil: 1") };
      stage.attempt("setHeader", () => Reflect.apply(response.setHeader, response, ["X-A", value]));
      stage.attempt("sendJson", () => response.sendJson({}));
      if (!response.headersSent) {
        response.removeHeader("X-A");
        response.sendTextPlain("survived");
      }
    },
  },
  ...oddValues.map(
    ([what, makeValue]): Row => ({
      name: `${what} as a value, and a failure after it`,
      watches: ["never", "before"],
      handler: (_request, response, stage) => {
        stage.attempt("setHeader", () =>
          Reflect.apply(response.setHeader, response, ["X-A", makeValue(response)]),
        );
        response.sendJson({});
      },
    }),
  ),
  {
    name: "a URL, and a list with a number, as values",
    handler: (_request, response) => {
      Reflect.apply(response.setHeader, response, ["Location", new URL("http://localhost/next")]);
      Reflect.apply(response.setHeader, response, ["X-List", ["one", 2]]);
      response.statusCode = 303;
      response.sendTextPlain("see there");
    },
  },
  {
    name: "appendHeader(), getHeader(), hasHeader(), removeHeader(), getHeaders()",
    handler: (_request, response, stage) => {
      stage.attempt("setHeader", () => response.setHeader("X-A", "1"));
      stage.attempt("appendHeader", () => response.appendHeader("x-a", "2"));
      stage.attempt("appendHeader", () => response.appendHeader("X-B", ["3", "4"]));
      stage.attempt("appendHeader", () =>
        response.appendHeader("Set-Cookie", "a=1").appendHeader("Set-Cookie", "b=2"),
      );
      stage.attempt("getHeader", () => response.getHeader("X-a"));
      stage.attempt("hasHeader", () => response.hasHeader("x-B"));
      stage.attempt("removeHeader", () => response.removeHeader("X-b"));
      stage.note(JSON.stringify([response.getHeaders(), response.getHeaderNames()]));
      response.sendJson({});
      stage.note(JSON.stringify([response.getHeaders(), response.getHeaderNames()]));
    },
  },
  {
    name: "setHeaders() of a Map and of Headers",
    handler: (_request, response, stage) => {
      stage.attempt("map", () => response.setHeaders(new Map([["X-A", "1"]])));
      stage.attempt("headers", () => response.setHeaders(new Headers({ "X-B": "2" })));
      response.sendJson({});
    },
  },
  {
    name: "names of one header in several cases",
    handler: (_request, response) => {
      response.setHeader("x-one", "1");
      response.setHeader("X-ONE", "2");
      response.setHeader("CONTENT-TYPE", "text/odd");
      response.sendTextPlain("odd");
    },
  },
  {
    name: "sendDate = false",
    handler: (_request, response) => {
      response.sendDate = false;
      response.sendJson({});
    },
  },
  {
    name: "shouldKeepAlive = false",
    handler: (_request, response) => {
      response.shouldKeepAlive = false;
      response.sendJson({});
    },
    client: (client) => client.send(GET + GET).answers(1),
  },
  {
    name: "shouldKeepAlive = false where another request waits",
    routes: {
      "/slow": (_request, response, stage) => {
        stage.later(10, () => response.sendTextPlain("slow"));
      },
      "/": (_request, response) => {
        response.shouldKeepAlive = false;
        response.sendTextPlain("last");
      },
    },
    client: (client) => client.send(requestOf("GET /slow") + GET + GET).answers(2),
  },
  {
    name: "useChunkedEncodingByDefault = false",
    handler: (_request, response) => {
      response.useChunkedEncodingByDefault = false;
      response.sendJson({});
    },
  },
  {
    name: "twenty headers and cookies",
    handler: (_request, response) => {
      for (let index = 0; index < 20; index++) response.setHeader(`X-${index}`, "v".repeat(index));
      for (let index = 0; index < 5; index++) response.setCookie(`c${index}`, "v");
      response.statusCode = 201;
      response.sendJson({});
    },
    client: (client) => client.send(GET + GET).answers(2),
  },
  {
    name: "headers of one answer never reach the next",
    handler: (request, response) => {
      if (request.query["set"] !== undefined) {
        response.setHeader("X-A", "1");
        response.setCookie("a", "1");
        response.statusCode = 418;
        response.statusMessage = "Teapot";
      }
      response.sendJson({});
    },
    client: (client) => client.send(requestOf("GET /?set") + GET + requestOf("GET /?set") + GET).answers(4),
  },
];
