import http from "node:http";
import { PassThrough, Readable, Transform } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { prepareAnswer, prepareHeaders } from "../../src/capability/index.ts";
import {
  type Answer,
  type Answering,
  type Capability,
  GateOrder,
  type Handler,
  type Packetron,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  type PacketronResponse,
} from "../../src/index.ts";
import { ExchangeState } from "../../src/message/exchange.ts";
import { field, RawClient, type RawResponse } from "../_raw.ts";
import { type LogLine, startServer } from "../_server.ts";

const { GET, POST } = PacketronRequestMethod;
const prepared = prepareAnswer({
  status: 203,
  headers: { "Content-Type": "text/x-prepared", ETag: '"1"' },
  body: Buffer.from("prepared"),
});

/** Does what Express does: the response then has only the methods of Node's class. */
function likeExpress(response: PacketronResponse): void {
  Object.setPrototypeOf(response, Object.create(http.ServerResponse.prototype));
}

/** One route for each way to answer. */
const handlers: Readonly<Record<string, Handler>> = {
  json: (_request, response) => response.sendJson({ a: 1 }),
  text: (_request, response) => response.sendTextPlain("text"),
  bytes: (_request, response) => response.send(Buffer.from("bytes")),
  none: (_request, response) => response.sendStatusCode(204),
  prepared: (_request, response) => prepared(response),
  later: async (_request, response) => {
    await nextTurn();
    response.sendJson({ later: true });
  },
  fail: () => {
    throw new Error("on purpose");
  },
  end: (_request, response) => response.end("ended"),
  "end-nothing": (_request, response) => response.end(),
  "end-hex": (_request, response) => response.end("656e646564", "hex"),
  "end-length": (_request, response) => {
    response.setHeader("Content-Length", 5);
    response.end(Buffer.from("ended"));
  },
  "head-end": (_request, response) => void response.writeHead(201, { "X-Own": "1" }).end("created"),
  "head-list": (_request, response) =>
    void response.writeHead(200, "Fine", ["X-Own", "1", "X-Own", "2"]).end("listed"),
  "head-send": (_request, response) => {
    response.writeHead(200);
    response.sendTextPlain("sent");
  },
  stream: (_request, response) => {
    response.write("one ");
    setImmediate(() => response.end("two"));
  },
  piped: (_request, response) => void Readable.from(["one ", "two"]).pipe(response),
  flushed: (_request, response) => {
    response.flushHeaders();
    setImmediate(() => response.end("flushed"));
  },
  express: (_request, response) => {
    likeExpress(response);
    response.end("express");
  },
  "express-later": (_request, response) => {
    likeExpress(response);
    setImmediate(() => response.end("express"));
  },
};

/** Starts a server with the routes of {@link handlers} and one function that changes answers. */
async function start(
  dispatch: "direct" | "standard",
  change: Answering,
  more: (server: Packetron) => void = () => undefined,
): Promise<{
  readonly server: Packetron;
  readonly lines: LogLine[];
  ask(request: string): Promise<RawResponse>;
}> {
  const capability: Capability = { name: "changer", install: (host) => void host.answering(change) };
  const { server, lines } = await startServer(
    (made) => {
      for (const [routePath, handler] of Object.entries(handlers)) made.handle({ routePath, handler });
      made.handle({
        method: POST,
        routePath: "upload",
        maxRequestSizeInBytes: 3,
        handler: async (request, response) => {
          for await (const _ of request);
          response.sendOk();
        },
      });
      more(made);
    },
    { dispatch, capabilities: [capability] },
  );
  const ask = async (request: string): Promise<RawResponse> => {
    const client = await RawClient.connect({ port: server.port });
    onTestFinished(() => client.destroy());
    const [line = "", ...rest] = request.split("\n");
    const bytes = [`${line} HTTP/1.1`, "Host: x", ...rest, "", ""].join("\r\n");
    const [answer] = await client.send(bytes).responses(1, [line.slice(0, line.indexOf(" "))]);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  };
  return { server, lines, ask };
}

/** Requests for each kind of answer: those of the handlers, and those of core. */
const requests: readonly string[] = [
  ...Object.keys(handlers).map((path) => `GET /${path}`),
  ...["json", "none", "prepared", "end", "stream", "head-end"].map((path) => `HEAD /${path}`),
  "GET /nowhere",
  "DELETE /json",
  "OPTIONS /json",
  "GET /%",
  "PROPFIND /json",
  "POST /upload\nContent-Length: 4",
  "POST /upload\nExpect: 200-ok\nContent-Length: 1",
  "GET /json\nConnection: close",
  "GET /json\nHost: twice",
];

describe.each(["direct", "standard"] as const)("a function that sets a header, %s dispatch", (dispatch) => {
  test.each(requests)("changes nothing else, and sees the answer once: %s", async (request) => {
    const plain = await start(dispatch, () => undefined);
    const seen: unknown[] = [];
    const changed = await start(dispatch, (_request, response, { status }) => {
      seen.push(status);
      return response.setHeader("X-Changed", "yes"); // the returned response is not a body
    });
    const [before, after] = await Promise.all([plain.ask(request), changed.ask(request)]);
    expect(seen).toEqual([after.status]);
    expect(field(after, "X-Changed")).toBe("yes");
    expect(comparable(after)).toEqual(comparable(before));
  });

  test("sees headers that the sender adds, and those that are set", async () => {
    const seen: unknown[] = [];
    const { ask } = await start(dispatch, (_request, _response, answer) => {
      seen.push([
        answer.status,
        answer.header("content-type"),
        answer.header("ETag"),
        answer.header("X-Own"),
      ]);
    });
    for (const path of ["json", "prepared", "head-list", "none"]) await ask(`GET /${path}`);
    expect(seen).toEqual([
      [200, "application/json; charset=utf-8", undefined, undefined],
      [203, "text/x-prepared", '"1"', undefined],
      [200, undefined, undefined, "1, 2"],
      [204, undefined, undefined, undefined],
    ]);
  });

  test("can remove headers, those of a prepared answer, too", async () => {
    const { ask } = await start(dispatch, (_request, _response, answer) => answer.removeHeader("ETag"));
    const { status, headers, body } = await ask("GET /prepared");
    expect([status, headers.get("etag"), headers.get("content-type"), String(body)]).toEqual([
      203,
      undefined,
      ["text/x-prepared"],
      "prepared",
    ]);
  });
});

describe.each(["direct", "standard"] as const)("Vary of prepareHeaders(), %s dispatch", (dispatch) => {
  const byOrigin = prepareHeaders({ Vary: "Origin", "X-Changed": "yes" });
  const byLanguage = prepareHeaders({ Vary: "Accept-Language, Origin" });
  const preparedVary = prepareAnswer({ status: 200, headers: { Vary: "Accept" }, body: Buffer.from("a") });
  const sets =
    (vary: string | string[]): Handler =>
    (_request, response) => {
      response.setHeader("Vary", vary);
      response.sendOk();
    };
  const rows: readonly (readonly [title: string, handler: Handler, vary: string])[] = [
    ["no Vary", (_request, response) => response.sendOk(), "Origin, Accept-Language"],
    ["another name", sets("Accept-Encoding"), "Accept-Encoding, Origin, Accept-Language"],
    ["two lines", sets(["Accept", "Cookie"]), "Accept, Cookie, Origin, Accept-Language"],
    ["one of the names, in small letters", sets("origin"), "origin, Accept-Language"],
    ["*", sets("*"), "*"],
    [
      "a prepared answer with Vary",
      (_request, response) => preparedVary(response),
      "Accept, Origin, Accept-Language",
    ],
    [
      "writeHead()",
      (_request, response) => void response.writeHead(200, { Vary: "Accept" }).end("a"),
      "Accept, Origin, Accept-Language",
    ],
    [
      "a stream",
      (_request, response) => {
        response.setHeader("Vary", "Accept");
        response.write("a");
        setImmediate(() => response.end());
      },
      "Accept, Origin, Accept-Language",
    ],
  ];
  test.each(rows)("is added to that of an answer: %s", async (_title, handler, vary) => {
    const { ask } = await start(
      dispatch,
      (_request, response) => {
        byOrigin(response);
        byLanguage(response);
      },
      (server) => void server.handle({ method: GET, routePath: "vary", handler }),
    );
    const { headers } = await ask("GET /vary");
    expect(headers.get("vary")?.join(", ")).toBe(vary);
  });
});

describe.each(["direct", "standard"] as const)("prepareHeaders(), %s dispatch", (dispatch) => {
  const first = prepareHeaders({ "X-Changed": "first", "X-First": "1" });
  const second = prepareHeaders({ "X-Changed": "second", "X-Second": "2" });

  test.each(requests)("gives each answer the headers, and changes nothing else: %s", async (request) => {
    const plain = await start(dispatch, () => undefined);
    const changed = await start(dispatch, (_request, response) => {
      first(response);
      second(response);
    });
    const [before, after] = await Promise.all([plain.ask(request), changed.ask(request)]);
    const added = ["X-Changed", "X-First", "X-Second"];
    expect(added.map((name) => after.headers.get(name.toLowerCase()))).toEqual([["first"], ["1"], ["2"]]);
    expect(comparable(after)).toEqual(comparable(before));
  });

  test("gives way to headers that are set, and to those of a prepared answer", async () => {
    const fill = prepareHeaders({ ETag: '"block"', "X-Own": "block", "X-Rest": "block" });
    const { ask } = await start(
      dispatch,
      (_request, response) => fill(response),
      (server) => {
        for (const [routePath, answer] of [
          ["own-json", (response: PacketronResponse) => response.sendJson({})],
          ["own-prepared", prepared],
        ] as const) {
          server.handle({
            routePath,
            handler: (_request, response) => {
              response.setHeader("X-Own", "handler");
              answer(response);
            },
          });
        }
      },
    );
    const headersOf = async (path: string): Promise<unknown> => {
      const { headers } = await ask(`GET /${path}`);
      return ["etag", "x-own", "x-rest"].map((name) => headers.get(name));
    };
    for (let round = 0; round < 2; round++) {
      expect(await headersOf("own-json")).toEqual([['"block"'], ["handler"], ["block"]]);
      expect(await headersOf("own-prepared")).toEqual([['"1"'], ["handler"], ["block"]]);
      expect(await headersOf("prepared")).toEqual([['"1"'], ["block"], ["block"]]);
      expect(await headersOf("head-end")).toEqual([['"block"'], ["1"], ["block"]]);
      expect(await headersOf("json")).toEqual([['"block"'], ["block"], ["block"]]);
    }
  });

  test("is seen by the functions that follow", async () => {
    const seen: unknown[] = [];
    const { ask } = await start(dispatch, (_request, response, answer) => {
      first(response);
      seen.push(answer.header("x-first"));
    });
    for (const path of ["json", "head-end", "prepared"]) await ask(`GET /${path}`);
    expect(seen).toEqual(["1", "1", "1"]);
  });

  test("reaches the stream that a transform makes", async () => {
    const { ask } = await start(dispatch, (_request, response, { body }) => {
      first(response);
      return body === null ? new PassThrough() : undefined;
    });
    expect((await ask("GET /stream")).headers.get("x-first")).toEqual(["1"]);
    expect((await ask("GET /piped")).headers.get("x-first")).toEqual(["1"]);
  });
});

test.each([
  ["Content-Type", "a/b", "PKT_OPTION_INVALID"],
  ["Content-Length", "1", "PKT_OPTION_INVALID"],
  ["Connection", "close", "PKT_OPTION_INVALID"],
  ["a b", "1", "ERR_INVALID_HTTP_TOKEN"],
  ["a", "1\r\nb: 2", "ERR_INVALID_CHAR"],
])("prepareHeaders() refuses %s: %j", (name, value, code) => {
  expect(() => prepareHeaders({ [name]: value })).toThrow(expect.objectContaining({ code }));
});

/** An answer without what may differ between two servers. */
function comparable({ status, reason, headers, body }: RawResponse): object {
  const rest = [...headers].filter(([name]) => !/^(date|x-changed|x-first|x-second)$/.test(name));
  return { status, reason, headers: Object.fromEntries(rest), body: body.toString() };
}

describe.each(["direct", "standard"] as const)(
  "a function that gives another body, %s dispatch",
  (dispatch) => {
    const upper = (answer: Answer): string | undefined =>
      answer.body === null ? undefined : Buffer.from(answer.body).toString().toUpperCase();
    const ways: readonly (readonly [way: string, change: Answering])[] = [
      ["as text", (_request, _response, answer) => upper(answer)],
      ["as bytes", (_request, _response, answer) => Buffer.from(upper(answer) ?? "")],
      [
        "later",
        async (_request, _response, answer) => {
          await nextTurn();
          return upper(answer);
        },
      ],
    ];

    describe.each(ways)("%s", (_way, change) => {
      test.each([
        ["json", '{"A":1}'],
        ["bytes", "BYTES"],
        ["prepared", "PREPARED"],
        ["later", '{"LATER":TRUE}'],
        ["end", "ENDED"],
        ["end-hex", "ENDED"],
        ["end-length", "ENDED"],
        ["express", "EXPRESS"],
        ["express-later", "EXPRESS"],
      ])("changes the body of /%s, and its length", async (path, text) => {
        const { ask } = await start(dispatch, change);
        const { headers, body } = await ask(`GET /${path}`);
        expect([String(body), headers.get("content-length")]).toEqual([text, [String(text.length)]]);
        // Node gives the answer to a HEAD that ends by end() no length.
        const length = /^end$|hex|express/.test(path) ? undefined : [String(text.length)];
        const head = await ask(`HEAD /${path}`);
        expect([String(head.body), head.headers.get("content-length")]).toEqual(["", length]);
      });

      test("keeps answers to pipelined requests in their order", async () => {
        const { server } = await start(dispatch, change);
        const client = await RawClient.connect({ port: server.port });
        onTestFinished(() => client.destroy());
        const paths = ["json", "prepared", "stream", "text", "none", "end", "bytes"];
        const answers = await client
          .send(paths.map((path) => `GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""))
          .responses(paths.length);
        expect(answers.map(({ body }) => String(body))).toEqual([
          '{"A":1}',
          "PREPARED",
          "one two",
          "TEXT",
          "",
          "ENDED",
          "BYTES",
        ]);
      });
    });

    test("gets what the function before has made, also when that was late", async () => {
      const seen: unknown[] = [];
      const add = (text: string, late: boolean): Answering => {
        return (_request, _response, { body }) => {
          seen.push(String(body));
          return late ? Promise.resolve(`${body}${text}`) : `${body}${text}`;
        };
      };
      const capability: Capability = {
        name: "adders",
        install(host) {
          for (const [index, late] of [false, true, true, false].entries())
            host.answering(add(`${index}`, late));
        },
      };
      const { server } = await startServer(
        (made) => void made.handle({ routePath: "a", handler: handlers["text"] ?? (() => undefined) }),
        {
          dispatch,
          capabilities: [capability],
        },
      );
      const client = await RawClient.connect({ port: server.port });
      onTestFinished(() => client.destroy());
      const [answer] = await client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").responses(1);
      expect(String(answer?.body)).toBe("text0123");
      expect(seen).toEqual(["text", "text0", "text01", "text012"]);
    });

    test("makes the response look answered while the new body is awaited", async () => {
      let release = (): void => undefined;
      const opened = new Promise<void>((resolve) => {
        release = resolve;
      });
      const states: unknown[] = [];
      const { ask, lines } = await start(
        dispatch,
        () => opened.then(() => "changed"),
        (server) => {
          server.handle({
            routePath: "twice",
            handler: (_request, response) => {
              response.sendTextPlain("first");
              states.push(response.headersSent, response.writableEnded);
              response.sendTextPlain("second");
              release();
              throw new Error("after the answer");
            },
          });
        },
      );
      const { status, body } = await ask("GET /twice");
      expect([status, String(body), states]).toEqual([200, "changed", [true, true]]);
      expect(lines.map(({ message }) => message)).toEqual([
        "a second answer was ignored",
        "GET /twice failed",
      ]);
    });

    test.each<[how: string, change: Answering]>([
      [
        "throws",
        () => {
          throw new Error("on purpose");
        },
      ],
      ["rejects", () => Promise.reject(new Error("on purpose"))],
      [
        "gives a promise of a header that is not valid",
        (_request, response) => {
          response.setHeader("X-Odd", { toString: () => "a\nb" } as unknown as string);
          return Promise.resolve("body");
        },
      ],
    ])("turns the answer into one 500, without a second call, if it %s", async (_how, change) => {
      let calls = 0;
      const { ask, lines } = await start(dispatch, (...parameters) => {
        calls++;
        return change(...parameters);
      });
      for (const path of ["json", "prepared", "nowhere", "end"]) {
        calls = 0;
        expect((await ask(`GET /${path}`)).status).toBe(500);
        expect(calls).toBe(1);
      }
      expect(lines).toHaveLength(4);
    });

    test("survives a client that leaves while the new body is awaited", async () => {
      let changed = 0;
      const { server, lines, ask } = await start(dispatch, async (request) => {
        if (request.path === "/json")
          await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        changed++;
        return "late";
      });
      const client = await RawClient.connect({ port: server.port });
      client.send("GET /json HTTP/1.1\r\nHost: x\r\n\r\n");
      while (server.load.inFlight === 0) await nextTurn();
      client.destroy();
      while (changed === 0) await nextTurn();
      expect(String((await ask("GET /text")).body)).toBe("late");
      expect(lines).toEqual([]);
    });
  },
);

describe.each(["direct", "standard"] as const)(
  "a function that gives a transform, %s dispatch",
  (dispatch) => {
    const upper: Answering = (_request, response, { body }) => {
      if (body !== null) return undefined;
      response.setHeader("X-Transformed", "yes");
      return new Transform({
        transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
      });
    };

    test.each([
      ["stream", "ONE TWO"],
      ["piped", "ONE TWO"],
      ["flushed", "FLUSHED"],
      ["head-end", "CREATED"],
      ["head-list", "LISTED"],
      ["head-send", "SENT"],
    ])("puts the bytes of /%s through it, without their former length", async (path, text) => {
      const { ask } = await start(dispatch, upper);
      const { headers, body } = await ask(`GET /${path}`);
      expect([String(body), headers.get("content-length"), headers.get("x-transformed")]).toEqual([
        text,
        undefined,
        ["yes"],
      ]);
    });

    test("leaves whole bodies alone", async () => {
      const { ask } = await start(dispatch, upper);
      expect(String((await ask("GET /end")).body)).toBe("ended");
      expect(String((await ask("GET /json")).body)).toBe('{"a":1}');
    });

    test("holds back a fast writer", async () => {
      const chunk = Buffer.alloc(64 * 1024, "x");
      const { ask } = await start(
        dispatch,
        (_request, _response, { body }) =>
          body === null ? new PassThrough({ highWaterMark: 1024 }) : undefined,
        (server) => {
          server.handle({
            routePath: "fast",
            handler: (_request, response) =>
              void Readable.from(
                (function* () {
                  for (let index = 0; index < 100; index++) yield chunk;
                })(),
              ).pipe(response),
          });
        },
      );
      expect((await ask("GET /fast")).body.length).toBe(100 * chunk.length);
    });

    test("cuts the answer when it fails", async () => {
      const { server, lines } = await start(dispatch, (_request, _response, { body }) =>
        body === null
          ? new Transform({
              transform(text, _encoding, done) {
                if (String(text) === "two") done(new Error("on purpose"));
                else done(null, text);
              },
            })
          : undefined,
      );
      const client = await RawClient.connect({ port: server.port });
      await expect(client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").untilClose()).rejects.toThrow();
      expect(lines.map(({ message }) => message)).toEqual(["GET /stream failed"]);
    });
  },
);

describe("a function of a route", () => {
  test("sees the answers of that route only, after the functions of the server, and can be removed", async () => {
    const removals: (() => void)[] = [];
    const capability: Capability = {
      name: "changer",
      install(host) {
        host.routeOption("mark", (value, route) => {
          removals.push(
            host.answering((_request, response) => response.appendHeader("X-Mark", String(value)), route),
          );
        });
        host.answering((_request, response) => response.appendHeader("X-Mark", "server"));
      },
    };
    const { server } = await startServer(
      (made) => {
        const marked = { routePath: "marked", mark: "route", handler: handlers["text"] ?? (() => undefined) };
        made.handle(marked);
        made.handle({ routePath: "plain", handler: handlers["text"] ?? (() => undefined) });
      },
      { capabilities: [capability] },
    );
    const client = await RawClient.connect({ port: server.port });
    onTestFinished(() => client.destroy());
    const marksOf = async (path: string, index: number): Promise<readonly string[] | undefined> => {
      const answers = await client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).responses(index);
      return answers[index - 1]?.headers.get("x-mark");
    };
    expect(await marksOf("/marked", 1)).toEqual(["server", "route"]);
    expect(await marksOf("/plain", 2)).toEqual(["server"]);
    expect(await marksOf("/nowhere", 3)).toEqual(["server"]);
    for (const remove of removals) remove();
    expect(await marksOf("/marked", 4)).toEqual(["server"]);
  });

  test.each(["direct", "standard"] as const)(
    "sees what libraries write, also when a gate has changed the URL; other routes pay nothing, %s dispatch",
    async (dispatch) => {
      const owners: string[] = [];
      const handler: Handler = (request, response) => {
        if (Object.hasOwn(response, "end")) owners.push(request.path);
        response.writeHead(200).end("text");
      };
      const capability: Capability = {
        name: "changer",
        install(host) {
          host.routeOption("mark", (_value, route) => {
            host.answering((_request, response) => response.setHeader("X-Mark", "route"), route);
          });
          host.gate(GateOrder.EARLY, (request) => {
            if (request.path === "/moved") request.url = "/marked";
          });
        },
      };
      const { server } = await startServer(
        (made) => {
          const marked = { routePath: "marked", mark: true, handler };
          made.handle(marked);
          for (const routePath of ["plain", "moved"]) made.handle({ routePath, handler });
        },
        { dispatch, capabilities: [capability] },
      );
      const client = await RawClient.connect({ port: server.port });
      onTestFinished(() => client.destroy());
      for (const path of ["/marked", "/plain", "/moved"])
        client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const marks = (await client.responses(3)).map((answer) => field(answer, "X-Mark"));
      expect(marks).toEqual(["route", undefined, "route"]);
      expect(owners).toEqual(["/marked", "/marked"]);
    },
  );
});

test("an answer that only gets headers stays direct, and a prepared one prepared", async () => {
  const states: number[] = [];
  const { ask } = await start(
    "direct",
    (_request, response) => response.setHeader("X-Changed", "yes"),
    (server) => {
      for (const [path, answer] of [
        ["json-state", (response: PacketronResponse) => response.sendJson({})],
        ["prepared-state", prepared],
      ] as const) {
        server.handle({
          routePath: path,
          handler: (_request, response) => {
            answer(response);
            states.push(response.state);
          },
        });
      }
    },
  );
  await ask("GET /json-state");
  await ask("GET /prepared-state");
  await ask("GET /nowhere");
  expect(states).toEqual([ExchangeState.FLUSHED, ExchangeState.FLUSHED]);
});

test("a body flag that refuses a type is seen, too", async () => {
  const { ask } = await start(
    "direct",
    (_request, response) => response.setHeader("X-Changed", "yes"),
    (server) => {
      server.handle({
        method: GET,
        routePath: "raw",
        flags: PacketronHandlerFlags.RAW_BODY,
        handler: (_request, response) => response.sendOk(),
      });
    },
  );
  const answer = await ask("GET /raw\nContent-Encoding: unknown\nTransfer-Encoding: chunked");
  expect([answer.status, field(answer, "X-Changed")]).toEqual([415, "yes"]);
});
