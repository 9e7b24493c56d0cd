/** Requests that Packetron refuses: their problem documents, refuse(), and the error handler's answers in their place. */
import { chunkedOf, GET, type Kit, type Row, type RowHandler, type RowRoute, requestOf } from "../_row.ts";

type SetUp = NonNullable<Row["setUp"]>;

const limited: RowRoute = {
  handler: async (request, response, stage) => {
    await request.getBody().catch((error: unknown) => stage.note(`body ${codeOf(error)}`));
    response.sendTextPlain("the handler's");
  },
  options: (kit) => ({ flags: kit.PacketronHandlerFlags.JSON_BODY, maxRequestSizeInBytes: 4 }),
};

const busy: RowRoute = {
  handler: (_request, response) => response.sendOk(),
  options: () => ({ maxRequestsPerSecond: 1 }),
};

const bytes = [
  requestOf("GET /nowhere"),
  requestOf("HEAD /nowhere"),
  requestOf("DELETE /limited"),
  requestOf("GET /a%00"),
  requestOf("GET /nowhere", ["Accept: text/html"]),
  requestOf("GET /nowhere", ["Accept: text/html, application/*;q=0.1"]),
  requestOf("GET /busy"),
  requestOf("GET /busy"),
  requestOf("GET /bug"),
  GET,
];
const refused = bytes.join("");

/** A row whose requests are refused by core and by packages, one after another on one connection. */
function refuses(name: string, setUp: SetUp, more: Partial<Row> = {}): Row {
  return {
    name,
    handler: (_request, response) => response.sendTextPlain("fine"),
    routes: { limited, busy, bug: () => Promise.reject(new Error("mine")) },
    setUp,
    client: (client) => client.send(refused).answers(bytes.length),
    watches: ["never", "before", "after"],
    ...more,
  };
}

const handlers: readonly (readonly [name: string, setUp: SetUp])[] = [
  ["without an error handler", () => {}],
  [
    "with an error handler that answers",
    (server, _kit, note) => {
      server.onError((error, _request, response) => {
        note(codeOf(error));
        response.sendJson({ code: codeOf(error), status: response.statusCode });
      });
    },
  ],
  [
    "with an error handler that answers later",
    (server) => {
      server.onError(async (error, _request, response) => {
        await turns(5);
        response.sendJson(codeOf(error));
      });
    },
  ],
  [
    "with an error handler that answers with end()",
    (server) => {
      server.onError((error, _request, response) => response.end(codeOf(error)));
    },
  ],
  [
    "with an error handler that streams",
    (server) => {
      server.onError((error, _request, response) => {
        response.write(codeOf(error));
        response.end();
      });
    },
  ],
  [
    "with an error handler that sends nothing",
    (server) => {
      server.onError((_error, _request, response) => {
        response.statusCode = 200;
        response.setHeader("Content-Type", "text/odd");
      });
    },
  ],
  [
    "with an error handler that fails",
    (server) => {
      server.onError(() => Promise.reject(new Error("mine too")));
    },
  ],
];

const tooLarge = chunkedOf("POST /limited", ["123", "456", "789"], ["Content-Type: application/json"]);

const calls: readonly (readonly [name: string, call: (kit: Kit) => RowHandler])[] = [
  ["a status", (kit) => (_request, response) => kit.refuse(response, 403)],
  [
    "headers and fields",
    (kit) => (_request, response) =>
      kit.refuse(response, 429, { "Retry-After": "3" }, { limit: 5, who: "größe" }),
  ],
  [
    "an error, after headers of the answer",
    (kit) => (_request, response) => {
      response.setHeader("X-A", "1");
      response.setHeader("Content-Type", "text/odd");
      kit.refuse(response, new kit.PacketronError("PKT_TEST_GONE", "secret", { status: 410 }));
    },
  ],
  [
    "a status, and answers afterwards",
    (kit) => (_request, response, stage) => {
      kit.refuse(response, 403);
      stage.attempt("sendJson", () => response.sendJson({}));
      stage.attempt("redirect", () => response.redirect("/"));
      stage.attempt("refuse", () => kit.refuse(response, 404));
    },
  ],
  ["a status later", (kit) => (_request, response, stage) => stage.later(3, () => kit.refuse(response, 403))],
];

/** Rows about refusals. */
export const refusals: readonly Row[] = [
  ...handlers.map(([name, setUp]) => refuses(`refusals ${name}`, setUp)),
  refuses("refusals without bodies", () => {}, { options: () => ({ errorBodies: "none" }) }),
  ...handlers.map(([name, setUp]) =>
    refuses(`a body over its limit ${name}`, setUp, {
      client: (client) => client.send(tooLarge).closed(),
      watches: ["never"],
    }),
  ),
  ...calls.map(
    ([name, call]): Row => ({
      name: `refuse() with ${name}`,
      setUp: (server, kit) => {
        server.handle({
          routePath: "refuse",
          handler: (request, response) => call(kit)(request, response, silent),
        });
      },
      client: (client) => client.send(requestOf("GET /refuse").repeat(2)).answers(2),
    }),
  ),
];

/** A stage for handlers whose notes are not compared. */
const silent: Parameters<RowHandler>[2] = {
  note: () => {},
  attempt: (_label, call) => {
    try {
      call();
    } catch {
      // only what the client gets is compared
    }
  },
  snapshot: () => {},
  later: (count, call) => void turns(count).then(call),
  afterwards: () => {},
  settle: (_label, promise) => void promise.catch(() => {}),
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
