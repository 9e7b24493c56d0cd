import { describe, expect, test } from "vitest";
import type { CapabilityHost } from "../../src/capability/contract.ts";
import {
  assertFlags,
  fail,
  field,
  figure,
  figuresOf,
  isAnswered,
  isSecure,
  openRequests,
  prepareAnswer,
  prepareHeaders,
  programStatus,
  queryValues,
  route,
  routeFacts,
  routesOf,
} from "../../src/capability/index.ts";
import { GateOrder, Packetron, PacketronRequestMethod, type ServerOptions } from "../../src/index.ts";
import { createCertificate } from "../_certificate.ts";
import { ask as askRaw } from "../_raw.ts";
import { send, startServer } from "../_server.ts";

/** The host of a server that never starts, after `install()` has returned. */
function makeHost(): CapabilityHost {
  const hosts: CapabilityHost[] = [];
  new Packetron({
    maxThreads: 1,
    capabilities: [{ name: "probe", install: (host) => void hosts.push(host) }],
  });
  const [host] = hosts;
  if (host === undefined) throw new Error("install() was not called");
  return host;
}

describe("after install() has returned", () => {
  test("assertFlags() still checks flags", () => {
    const host = makeHost();
    expect(() => assertFlags(host, "server", 0)).not.toThrow();
    expect(() => assertFlags(host, "file", 1)).toThrow(
      expect.objectContaining({
        code: "PKT_FLAG_UNCLAIMED",
        message: expect.stringContaining("@packetron/static"),
      }),
    );
  });

  test("route() still makes routes, which the router does not list", () => {
    const host = makeHost();
    const made = route(host, { routePath: "a/b", handler: () => undefined });
    expect(String(made)).toBe("GET /a/b");
    expect(host.server.routes()).toEqual([]);
  });
});

test("no tool is a verb of the host", () => {
  const verbs = Object.keys(makeHost());
  const tools = [
    assertFlags,
    fail,
    field,
    figure,
    figuresOf,
    isAnswered,
    isSecure,
    openRequests,
    prepareAnswer,
    prepareHeaders,
    programStatus,
    queryValues,
    route,
    routeFacts,
    routesOf,
  ].map(({ name }) => name);
  expect(verbs.filter((verb) => tools.includes(verb))).toEqual([]);
  expect(verbs.length).toBeLessThanOrEqual(18); // three fields, and at most 15 verbs
});

describe("routesOf()", () => {
  /** What a gate of the server finds for a target. */
  async function find(
    target: string,
    resolve?: (path: string) => boolean | Promise<boolean>,
  ): Promise<unknown> {
    const found: unknown[] = [];
    const probe = {
      name: "probe",
      install(host: CapabilityHost): void {
        host.gate(GateOrder.EARLY, async (request) => {
          found.push([...(await routesOf(request))].map(([method, { path }]) => `${method} ${path}`));
        });
        if (resolve === undefined) return;
        const made = (): ReturnType<typeof route> => route(host, { routePath: "files/a", handler: () => {} });
        host.resolver((method, path) => {
          const is = method === PacketronRequestMethod.GET && resolve(path);
          return typeof is === "boolean"
            ? is
              ? made()
              : undefined
            : is.then((has) => (has ? made() : undefined));
        });
      },
    };
    const { server } = await startServer(
      (made) => {
        made.handle({ routePath: "users/:id", handler: () => {} });
        made.handle({ method: PacketronRequestMethod.PUT, routePath: "users/:id", handler: () => {} });
        made.handle({ method: PacketronRequestMethod.HEAD, routePath: "users/me", handler: () => {} });
        made.handle({ method: PacketronRequestMethod.POST, routePath: "*", handler: () => {} });
      },
      { capabilities: [probe] },
    );
    await send(server, `OPTIONS ${target}`);
    return found[0];
  }

  test.each([
    ["/users/1", ["GET /users/:id", "POST /*", "PUT /users/:id", "HEAD /users/:id"]],
    ["/users/me", ["GET /users/:id", "POST /*", "PUT /users/:id", "HEAD /users/me"]],
    ["/nothing", ["POST /*"]],
    ["*", []],
  ])("%s has the routes of each method", async (target, routes) => {
    expect(await find(target)).toEqual(routes);
  });

  test.each([
    ["at once", (path: string) => path === "/files/a"],
    ["later", async (path: string) => path === "/files/a"],
  ])("a path that a resolver finds %s has its routes too", async (_when, resolve) => {
    expect(await find("/files/a", resolve)).toEqual(["GET /files/a", "POST /*", "HEAD /files/a"]);
    expect(await find("/files/b", resolve)).toEqual(["POST /*"]);
  });
});

describe("isSecure()", () => {
  async function isSecureWith(headers: Record<string, string>, options: ServerOptions = {}): Promise<string> {
    const { server } = await startServer(
      (made) =>
        void made.handle({
          routePath: "/",
          handler: (request, response) => response.send(isSecure(request)),
        }),
      options,
    );
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const bytes = `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join("")}\r\n`;
    return (await askRaw({ port: server.port, tls: options.tls !== undefined }, bytes)).body.toString();
  }

  test.each([
    ["nothing", {}, {}, "false"],
    ["https from a trusted proxy", { "X-Forwarded-Proto": "https" }, {}, "true"],
    ["https of the client, in capital letters", { "X-Forwarded-Proto": " HTTPS , http" }, {}, "true"],
    ["http of the client, https of a proxy", { "X-Forwarded-Proto": "http, https" }, {}, "false"],
    ["another word", { "X-Forwarded-Proto": "httpsx" }, {}, "false"],
    [
      "https from a peer that is not trusted",
      { "X-Forwarded-Proto": "https" },
      { trustProxy: false },
      "false",
    ],
  ])("over plain HTTP with %s", async (_title, headers, options, expected) => {
    expect(await isSecureWith(headers, options)).toBe(expected);
  });

  test("over TLS", async () => {
    expect(await isSecureWith({}, { tls: createCertificate() })).toBe("true");
  });
});

test("two calls of figure() with one name share a number, which figuresOf() lists", () => {
  const host = makeHost();
  figure(host, "refused_total", "Refused requests.").value++;
  figure(host, "refused_total", "Refused requests.").value++;
  figure(host, "open", "Open things.");
  expect(figuresOf(host)).toEqual([
    { name: "refused_total", help: "Refused requests.", value: 2 },
    { name: "open", help: "Open things.", value: 0 },
  ]);
  expect(figuresOf(makeHost())).toEqual([]);
});

describe.each(["direct", "standard"] as const)("openRequests(), %s dispatch", (dispatch) => {
  test("has the requests that are not answered yet", async () => {
    const seen: string[][] = [];
    const held: (() => void)[] = [];
    const list = (server: Packetron): string[] =>
      openRequests({ server }).map(({ method, route: found }) => `${method} ${found?.path}`);
    const { server } = await startServer(
      (made) => {
        made.handle({
          routePath: "held/:id",
          handler: async (_request, response) => {
            await new Promise<void>((resolve) => held.push(resolve));
            response.sendOk();
          },
        });
        made.handle({
          routePath: "list",
          handler: (_request, response) => {
            seen.push(list(made));
            response.sendOk();
          },
        });
      },
      { dispatch },
    );
    const first = send(server, "GET /held/1");
    await expect.poll(() => held.length).toBe(1);
    await send(server, "GET /list");
    for (const release of held) release();
    await first;
    expect(seen).toEqual([["GET /held/:id", "GET /list"]]);
    expect(list(server)).toEqual([]);
  });
});

test("programStatus() describes the only process as a worker", async () => {
  const { server } = await startServer();
  expect(programStatus({ server })).toMatchObject({
    generation: 1,
    workers: [{ id: 0, pid: process.pid, state: "ready", restarts: 0 }],
  });
});
