/** Senders, cookies and statuses, which keep direct dispatch. */
import { GET, type Row, type RowHandler, requestOf } from "../_row.ts";

/** A handler that sends by one call, as a row. */
function sends(name: string, handler: RowHandler, more: Partial<Row> = {}): Row {
  return { name, handler, ...more };
}

const BOTH_METHODS: Pick<Row, "client"> = {
  client: async (client) => {
    await client.send(GET).answers(1);
    await client.send(requestOf("HEAD /")).answers(2);
    await client.send(GET + requestOf("HEAD /") + GET).answers(5);
  },
};

const values: readonly (readonly [name: string, value: unknown])[] = [
  ["an object", { a: 1, text: "ü€😀" }],
  ["an array", [1, 2, 3]],
  ["null", null],
  ["undefined", undefined],
  ["a text", "ü€😀"],
  ["an empty text", ""],
  ["a number", 7],
  ["a boolean", false],
  ["bytes", Buffer.from([0, 255, 13, 10])],
  ["a typed array", new Uint16Array([1, 2, 258])],
  ["an ArrayBuffer", new ArrayBuffer(3)],
  ["a cycle", cycle()],
  ["a BigInt in an object", { big: 1n }],
  ["a date", new Date(0)],
  ["a large text", "x".repeat(100_000)],
];

const statuses = [
  100, 101, 102, 103, 199, 200, 201, 204, 205, 206, 301, 304, 404, 413, 418, 429, 451, 500, 599, 600, 999,
];

const ALREADY_SENT = "a direct answer is sent before the second call, and finished() reports success";

/** One row for each sender, value and status. */
export const senders: readonly Row[] = [
  ...values.flatMap(([name, value]) => [
    sends(`send() of ${name}`, (_request, response) => response.send(value), BOTH_METHODS),
    sends(`sendJson() of ${name}`, (_request, response) => response.sendJson(value), BOTH_METHODS),
  ]),
  sends("sendHtml()", (_request, response) => response.sendHtml("<p>ü</p>"), BOTH_METHODS),
  sends("sendTextPlain()", (_request, response) => response.sendTextPlain("ü"), BOTH_METHODS),
  sends("sendOk()", (_request, response) => response.sendOk(), BOTH_METHODS),
  sends("sendOk() over another status and headers", (_request, response) => {
    response.statusCode = 404;
    response.setHeader("X-A", "1");
    response.sendOk();
  }),
  ...statuses.flatMap((status) => [
    sends(`sendStatusCode(${status})`, (_request, response) => response.sendStatusCode(status), {
      client: (client) => client.send(GET).answers(1),
      ...(status < 200 ? { closes: true, client: (client) => client.send(GET).closed() } : {}),
      watches: ["never", "before", "after"],
    }),
    sends(
      `statusCode = ${status} and sendJson()`,
      (_request, response) => {
        response.statusCode = status;
        response.setHeader("Content-Length", 2);
        response.sendJson({ a: 1 });
      },
      {
        ...(status < 200 ? { closes: true, client: (client) => client.send(GET).closed() } : {}),
        watches: ["never", "after"],
      },
    ),
  ]),
  ...[200, 201, 204, 404, 503].map((status) =>
    sends(
      `each sender with the status ${status}`,
      (request, response) => {
        if (request.url === "/html") response.sendHtml("<p>", status);
        else if (request.url === "/text") response.sendTextPlain("text", status);
        else if (request.url === "/bytes") response.send(Buffer.from("bytes"), status);
        else response.sendJson({ a: 1 }, status);
      },
      {
        client: (client) =>
          client
            .send(["/", "/html", "/text", "/bytes"].map((path) => requestOf(`GET ${path}`)).join(""))
            .answers(4),
      },
    ),
  ),
  ...[undefined, 301, 303, 307, 308].map((status) =>
    sends(
      `redirect() with ${status}`,
      (_request, response) => response.redirect("/größe?a=b c", status),
      BOTH_METHODS,
    ),
  ),
  sends("redirect() after headers", (_request, response) => {
    response.statusCode = 404;
    response.setHeader("Location", "/other");
    response.setHeader("Content-Type", "text/odd");
    response.redirect(new URL("https://example.com/"));
  }),
  sends("redirects that are none", (_request, response, stage) => {
    for (const values of [
      ["/a\r\nb"],
      ["\t"],
      [""],
      [],
      [301, "/a"],
      ["/a", 200],
      ["/a", "302"],
      ["/a", 304],
    ])
      stage.attempt(JSON.stringify(values), () => Reflect.apply(response.redirect, response, values));
    response.sendTextPlain("survived");
  }),
  sends(
    "what the request says of its origin",
    (request, response, stage) => {
      stage.note(`${request.protocol} ${request.host} ${request.isSecure}`);
      Object.assign(request, { host: "mine", protocol: "gopher" });
      response.sendJson([request.protocol, request.host, request.isSecure]);
    },
    {
      client: (client) =>
        client
          .send(GET + requestOf("GET /", ["X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example"]))
          .answers(2),
    },
  ),
  sends("statuses that are none", (_request, response, stage) => {
    for (const status of [0, 99, 1000, 200.5, Number.NaN, "404", null, undefined, {}]) {
      stage.attempt(`sendStatusCode(${String(status)})`, () =>
        Reflect.apply(response.sendStatusCode, response, [status]),
      );
      Reflect.set(response, "statusCode", status);
      stage.attempt(`sendJson with ${String(status)}`, () => response.sendJson({}));
    }
    response.statusCode = 200;
    response.sendTextPlain("survived");
  }),
  sends("an invalid status, without another answer", (_request, response) => {
    response.statusCode = 0;
    response.sendJson({});
  }),
  sends("a status message", (_request, response) => {
    response.statusMessage = "Quite Fine";
    response.sendJson({});
  }),
  sends("an empty status message", (_request, response) => {
    response.statusMessage = "";
    response.sendJson({});
  }),
  sends("status messages that are none", (_request, response, stage) => {
    for (const message of ["a\r\nX: 1", "a\nb", "\0", "ü€", "\x7f"]) {
      response.statusMessage = message;
      stage.attempt(JSON.stringify(message), () => response.sendJson({}));
    }
    if (response.headersSent) return;
    response.statusMessage = "Fine";
    response.sendTextPlain("survived");
  }),
  sends("a status message of Latin-1", (_request, response) => {
    response.statusMessage = "Schön";
    response.sendJson({});
  }),
  sends("a status message with a line break, without another answer", (_request, response) => {
    response.statusMessage = "a\r\nX-Evil: 1";
    response.sendJson({});
  }),
  sends("a status without a reason", (_request, response) => {
    response.statusCode = 799;
    response.sendJson({});
  }),
  sends("setCookie() and clearCookie()", (_request, response, stage) => {
    response.setCookie("a", "1; 2", { path: "/", httpOnly: true, sameSite: "lax" });
    response.setCookie("b", "ü");
    response.setCookie("a", "3", { path: "/" });
    response.clearCookie("c", { path: "/x" });
    stage.note(JSON.stringify(response.getHeader("Set-Cookie")));
    response.sendJson({});
  }),
  sends("cookies that are none", (_request, response, stage) => {
    stage.attempt("name", () => response.setCookie("a b", "1"));
    stage.attempt("name with a line break", () => response.setCookie("a\r\nb", "1"));
    stage.attempt("value with a line break", () => response.setCookie("a", "1\r\nX: 2"));
    stage.attempt("path", () => response.setCookie("a", "1", { path: "/\r\n" }));
    stage.attempt("domain", () => response.setCookie("a", "1", { domain: "x\n" }));
    response.sendJson({});
  }),
  {
    name: "double answers",
    differs: ALREADY_SENT,
    handler: (_request, response, stage) => {
      response.sendJson({ first: true });
      stage.attempt("sendJson", () => response.sendJson({ second: true }));
      stage.attempt("sendOk", () => response.sendOk());
      stage.attempt("sendStatusCode", () => response.sendStatusCode(404));
      stage.attempt("end", () => response.end());
      stage.attempt("end with text", () => response.end("more"));
      stage.attempt("setHeader", () => response.setHeader("X-A", "1"));
      stage.attempt("appendHeader", () => response.appendHeader("X-A", "1"));
      stage.attempt("removeHeader", () => response.removeHeader("Content-Type"));
      stage.attempt("writeHead", () => response.writeHead(200));
      stage.attempt("flushHeaders", () => response.flushHeaders());
      stage.attempt("setCookie", () => response.setCookie("a", "1"));
      stage.attempt("addTrailers", () => response.addTrailers({ a: "1" }));
      stage.attempt("writeContinue", () => typeof response.writeContinue);
      stage.attempt("setTimeout", () => response.setTimeout(0));
      stage.attempt("cork", () => response.cork());
      stage.attempt("uncork", () => response.uncork());
    },
  },
  sends("a late answer after an answer", (_request, response, stage) => {
    response.sendJson({ first: true });
    stage.later(5, () => {
      stage.attempt("sendJson", () => response.sendJson({ second: true }));
      stage.attempt("setHeader", () => response.setHeader("X-A", "1"));
      stage.attempt("end", () => response.end());
      stage.attempt("write", () => response.write(""));
    });
  }),
  {
    name: "a write after a sender",
    differs: ALREADY_SENT,
    handler: (_request, response, stage) => {
      response.sendJson({ first: true });
      stage.attempt("write", () => response.write("more", () => stage.note("write called back")));
      stage.attempt("end", () => response.end("more", () => stage.note("end called back")));
    },
  },
  sends("a long pipeline of plain answers", (request, response) => response.sendJson({ url: request.url }), {
    client: (client) => client.send(GET.repeat(200)).answers(200),
    watches: ["never", "after"],
  }),
  sends("what the response says of itself before an answer", (_request, response, stage) => {
    stage.note(`writableLength ${response.writableLength} mark ${response.writableHighWaterMark}`);
    stage.note(`object ${response.writableObjectMode} corked ${response.writableCorked}`);
    stage.note(`listeners ${response.eventNames().map(String).join()}`.replace(/.*/, "listeners"));
    stage.note(`usesChunked ${response.useChunkedEncodingByDefault} strict ${response.strictContentLength}`);
    stage.note(`connection ${response.connection === response.socket}`);
    stage.note(`req ${response.req === _request}`);
    response.sendJson({});
    stage.note(`writableLength ${response.writableLength}`);
  }),
];

function cycle(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}
