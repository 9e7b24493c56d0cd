/** Failing handlers and gates, plugins, unmatched requests, and the program's handlers for errors and unmatched paths. */
import { GET, POST, type Row, type RowHandler, requestOf } from "../_row.ts";

const fails: readonly (readonly [name: string, handler: RowHandler])[] = [
  [
    "throws",
    () => {
      throw new Error("mine");
    },
  ],
  ["rejects", () => Promise.reject(new Error("mine"))],
  [
    "rejects later",
    async () => {
      await turns(5);
      throw new Error("mine");
    },
  ],
  [
    "throws after the answer",
    (_request, response) => {
      response.sendJson({});
      throw new Error("mine");
    },
  ],
  [
    "rejects after the answer",
    async (_request, response) => {
      response.sendJson({});
      throw new Error("mine");
    },
  ],
  [
    "throws after a header and a status",
    (_request, response) => {
      response.statusCode = 201;
      response.setHeader("X-A", "1");
      response.setHeader("Content-Type", "text/odd");
      response.setCookie("a", "1");
      throw new Error("mine");
    },
  ],
  [
    "throws after writeHead()",
    (_request, response) => {
      response.writeHead(200);
      throw new Error("mine");
    },
  ],
  [
    "throws in the middle of an answer",
    (_request, response) => {
      response.write("part");
      throw new Error("mine");
    },
  ],
  ["throws nothing", () => Promise.reject(undefined)],
  ["rejects with a text", () => Promise.reject("text")],
];

const cut = new Set(["throws in the middle of an answer", "throws after writeHead()"]);

/** Rows about failures and misses. */
export const failures: readonly Row[] = [
  ...fails.map(
    ([name, handler]): Row => ({
      name: `a handler that ${name}`,
      handler,
      closes: cut.has(name),
      client: (client) => (cut.has(name) ? client.send(GET).closed() : client.send(GET + GET).answers(2)),
    }),
  ),
  ...fails.map(
    ([name, handler]): Row => ({
      name: `onError() and a handler that ${name}`,
      handler,
      closes: cut.has(name),
      watches: ["never", "before"],
      setUp: (server, _kit, note) => {
        server.onError((error, _request, response) => {
          note(`onError ${String(error)}`);
          response.sendJson({ sorry: true });
        });
      },
      client: (client) => (cut.has(name) ? client.send(GET).closed() : client.send(GET + GET).answers(2)),
    }),
  ),
  {
    name: "onError() that fails too",
    handler: () => Promise.reject(new Error("mine")),
    setUp: (server) => {
      server.onError(() => {
        throw new Error("mine too");
      });
    },
  },
  {
    name: "onError() that answers later",
    handler: () => Promise.reject(new Error("mine")),
    setUp: (server) => {
      server.onError(async (_error, _request, response) => {
        await turns(5);
        response.sendTextPlain("sorry");
      });
    },
    client: (client) => client.send(GET + GET).answers(2),
  },
  {
    name: "404, 405, OPTIONS, HEAD, 501 and bad paths",
    handler: (_request, response) => response.sendOk(),
    client: (client) =>
      client
        .send(
          [
            requestOf("GET /nowhere"),
            requestOf("DELETE /"),
            requestOf("OPTIONS /"),
            requestOf("OPTIONS *"),
            requestOf("OPTIONS /nowhere"),
            requestOf("HEAD /"),
            requestOf("HEAD /nowhere"),
            requestOf("PUT /", [], "hello"),
            requestOf("POST /nowhere", [], "hello"),
            requestOf("GET /a//b"),
            requestOf("GET /%zz"),
            requestOf("GET /../x"),
            requestOf("PROPFIND /"),
          ].join(""),
        )
        .answers(13),
  },
  {
    name: "onNotFound() that answers, later, and with a listener",
    setUp: (server) => {
      server.onNotFound((request, response) => {
        if (request.url === "/later") setTimeout(() => response.sendTextPlain("later"), 5);
        else if (request.url === "/listener") response.on("finish", () => {}).sendTextPlain("listener");
        else response.sendJson({ nothing: request.url });
      });
    },
    client: (client) =>
      client
        .send(["/a", "/later", "/b", "/listener", "/c"].map((path) => requestOf(`GET ${path}`)).join(""))
        .answers(5),
  },
  {
    name: "onNotFound() that throws",
    setUp: (server) => {
      server.onNotFound(() => {
        throw new Error("mine");
      });
    },
  },
  {
    name: "global plugins that pass, set headers and stop",
    options: (kit) => ({
      plugins: [
        kit.PacketronPlugin.create({
          handler: (_request, response) => void response.setHeader("X-Global", "1"),
        }),
        kit.PacketronPlugin.create({
          handler: async (_request, response) => void response.setHeader("X-Async", "1"),
        }),
        kit.PacketronPlugin.create({
          handler: (request, response) => {
            if (request.query["stop"] === undefined) return;
            response.sendStatusCode(401);
            return true;
          },
        }),
      ],
    }),
    handler: (_request, response) => response.sendJson({}),
    client: (client) =>
      client
        .send(
          GET +
            requestOf("GET /?stop") +
            requestOf("GET /nowhere") +
            POST +
            requestOf("POST /?stop", [], "x"),
        )
        .answers(5),
  },
  {
    name: "local plugins that pass, listen, patch and stop",
    routes: {
      "/": {
        handler: (_request, response) => response.sendJson({}),
        options: (kit) => ({
          plugins: [
            kit.PacketronPlugin.create({
              handler: (request, response) => {
                if (request.query["listen"] !== undefined) response.on("finish", () => {});
                if (request.query["patch"] !== undefined) {
                  const end = response.end;
                  Reflect.set(response, "end", (...parameters: unknown[]) => {
                    response.setHeader("X-Patched", "1");
                    return Reflect.apply(end, response, parameters);
                  });
                }
                if (request.query["stop"] === undefined) return;
                response.sendTextPlain("stopped");
              },
            }),
          ],
        }),
      },
    },
    client: (client) =>
      client
        .send(
          GET +
            requestOf("GET /?listen") +
            requestOf("GET /?patch") +
            requestOf("GET /?stop") +
            requestOf("GET /?listen&patch&stop"),
        )
        .answers(5),
  },
  {
    name: "a plugin that rewrites the URL",
    options: (kit) => ({
      plugins: [
        kit.PacketronPlugin.create({
          handler: (request) => {
            if (request.url === "/old") request.url = "/?new";
          },
        }),
      ],
    }),
    handler: (request, response) => response.sendJson(request.query),
    client: (client) => client.send(requestOf("GET /old") + GET).answers(2),
  },
  {
    name: "plugins that throw and reject",
    options: (kit) => ({
      plugins: [
        kit.PacketronPlugin.create({
          handler: (request) => {
            if (request.query["throw"] !== undefined) throw new Error("mine");
            if (request.query["reject"] !== undefined) return Promise.reject(new Error("mine"));
            return undefined;
          },
        }),
      ],
    }),
    handler: (_request, response) => response.sendJson({}),
    client: (client) => client.send(requestOf("GET /?throw") + requestOf("GET /?reject") + GET).answers(3),
  },
  {
    name: "a rate limit",
    routes: {
      "/": {
        handler: (_request, response) => response.sendOk(),
        options: () => ({ maxRequestsPerSecond: 2 }),
      },
    },
    watches: ["never", "before"],
    client: (client) => client.send(GET.repeat(5) + POST).answers(6),
  },
  {
    name: "sendFile() of the program's file and of a missing file",
    routes: {
      // After the last snapshot of another turn, because the file system answers in an unpredictable turn.
      "/": (_request, response, stage) =>
        stage.later(3, () => response.sendFile(process.execPath.replace(/[^/]+$/, "nothing-of-this-name"))),
    },
  },
];

/** Waits for turns of the event loop, until after the late listeners. A timer would not have a fixed order with them. */
async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
