import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Capability, GateOrder, PacketronRequestMethod, refuse } from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import helmet from "helmet";
import { describe, expect, onTestFinished, test } from "vitest";
import { ExchangeState } from "../../core/src/message/exchange.ts";
import { createCertificate } from "../../core/test/_certificate.ts";
import { type SecurityHeadersOptions, securityHeaders } from "../src/index.ts";
import { ask, ownHeaders, startServer } from "./_server.ts";

const dispatches = ["direct", "standard"] as const;
const HSTS = "strict-transport-security";
const certificate = createCertificate();

describe("securityHeaders() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(securityHeaders)) test(name, run);
});

describe("securityHeaders() with its option does what every capability does", () => {
  const options = { securityHeaders: true };
  for (const { name, run } of capabilityConformance(securityHeaders, { options })) test(name, run);
});

const sets: readonly (readonly [title: string, options: SecurityHeadersOptions])[] = [
  ["the defaults", {}],
  [
    "a policy with further sources",
    { contentSecurityPolicy: { directives: { scriptSrc: ["'self'", "cdn.example"] } } },
  ],
  [
    "a policy without defaults",
    { contentSecurityPolicy: { useDefaults: false, directives: { "default-src": "'none'" } } },
  ],
  [
    "a policy that only reports",
    { contentSecurityPolicy: { reportOnly: true, directives: { imgSrc: new Set(["*"]) } } },
  ],
  ["no policy, and no frame header", { contentSecurityPolicy: false, xFrameOptions: false }],
  [
    "isolation",
    {
      crossOriginEmbedderPolicy: true,
      crossOriginOpenerPolicy: { policy: "same-origin-allow-popups" },
      crossOriginResourcePolicy: { policy: "cross-origin" },
    },
  ],
  [
    "a long Strict-Transport-Security",
    { strictTransportSecurity: { maxAge: 63_072_000, includeSubDomains: false, preload: true } },
  ],
  ["no Strict-Transport-Security", { strictTransportSecurity: false }],
  [
    "the former names",
    { hsts: { maxAge: 1 }, frameguard: { action: "deny" }, noSniff: false, hidePoweredBy: false },
  ],
  [
    "two referrer policies",
    { referrerPolicy: { policy: ["origin", "unsafe-url"] }, xDnsPrefetchControl: { allow: true } },
  ],
  [
    "all that have a switch off",
    {
      originAgentCluster: false,
      xDownloadOptions: false,
      xPermittedCrossDomainPolicies: false,
      xXssProtection: false,
      xPoweredBy: false,
    },
  ],
];

/** The headers of a server of Node with helmet, of which the answer has one header of its own. */
async function headersOfHelmet(
  options: SecurityHeadersOptions,
  tls: boolean,
): Promise<Record<string, unknown>> {
  const middleware = helmet(options);
  const server = (tls ? createTlsServer(certificate) : createServer()).on("request", (request, response) => {
    response.setHeader("X-Powered-By", "a framework");
    middleware(request, response, () => response.end("OK"));
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return ownHeaders(await ask({ port, tls }));
}

describe.each(dispatches)("the headers, %s dispatch", (dispatch) => {
  const framework: Capability = {
    name: "framework",
    install: (host) =>
      void host.gate(
        GateOrder.EARLY,
        (_request, response) => void response.setHeader("X-Powered-By", "a framework"),
      ),
  };
  describe.each([[false], [true]])("with TLS: %s", (tls) => {
    test.each(sets)("are those of helmet: %s", async (_title, options) => {
      const server = await startServer(
        { securityHeaders: options, dispatch, ...(tls ? { tls: certificate } : {}) },
        undefined,
        (_request, response) => response.end("OK"),
        [framework],
      );
      const expected = await headersOfHelmet(options, tls);
      if (!tls) delete expected[HSTS];
      expect(Object.keys(expected).length).toBeGreaterThan(5);
      expect(ownHeaders(await ask({ port: server.port, tls }))).toEqual(expected);
    });
  });

  test("are on every answer, also on those of core", async () => {
    const refusing: Capability = {
      name: "refusing",
      install: (host) =>
        void host.gate(GateOrder.EARLY, (request, response) => {
          const status = Number(request.headers["x-refuse"]);
          if (status > 0) refuse(response, status);
        }),
    };
    const server = await startServer(
      { securityHeaders: true, dispatch },
      (made) => {
        made.handle({
          routePath: "throws",
          handler: () => {
            throw new Error("mine");
          },
        });
        made.handle({
          routePath: "stream",
          handler: (_request, response) => {
            response.write("a");
            setImmediate(() => response.end("b"));
          },
        });
        made.handle({
          method: PacketronRequestMethod.POST,
          routePath: "small",
          maxRequestSizeInBytes: 1,
          handler: () => {},
        });
      },
      undefined,
      [refusing],
    );
    const expected = await headersOfHelmet({}, false);
    delete expected[HSTS];
    const rows: readonly (readonly [
      status: number,
      ...(Parameters<typeof ask> extends [unknown, ...infer Rest] ? Rest : never),
    ])[] = [
      [200, "/stream"],
      [204, "/", {}, "OPTIONS"],
      [400, "/%zz"],
      [404, "/none"],
      [405, "/", {}, "DELETE"],
      [413, "/small", {}, "POST", "too large"],
      [415, "/", { "X-Refuse": "415" }],
      [429, "/", { "X-Refuse": "429" }],
      [500, "/throws"],
      [503, "/", { "X-Refuse": "503" }],
    ];
    for (const [status, ...parameters] of rows) {
      const answer = await ask(server, ...parameters);
      expect([answer.status, ownHeaders(answer)]).toEqual([status, expect.objectContaining(expected)]);
    }
  });

  test("without the option there are none", async () => {
    const server = await startServer({ dispatch });
    expect(ownHeaders(await ask(server))).toEqual({});
  });
});

describe("Strict-Transport-Security", () => {
  test.each([
    ["https, from a trusted proxy", "loopback", "https", true],
    ["https and further proxies", "loopback", "HTTPS, http", true],
    ["http, from a trusted proxy", "loopback", "http", false],
    ["http, and https nearer to the server", "loopback", "http, https", false],
    ["a name that only begins with https", "loopback", "httpsx", false],
    ["https, from a peer that is not trusted", false, "https", false],
  ] as const)("follows X-Forwarded-Proto: %s", async (_title, trustProxy, protocol, isSent) => {
    const server = await startServer({ securityHeaders: true, trustProxy });
    const { headers } = await ask(server, "/", { "X-Forwarded-Proto": protocol });
    expect(headers[HSTS] !== undefined).toBe(isSent);
  });
});

describe("a route", () => {
  test.each([
    ["true on a server without the option", true, undefined, ["SAMEORIGIN", undefined]],
    ["true takes the option of the server", true, { xFrameOptions: { action: "deny" } }, ["DENY", "DENY"]],
    ["null is no option", null, true, ["SAMEORIGIN", "SAMEORIGIN"]],
    ["false turns it off", false, true, [undefined, "SAMEORIGIN"]],
    ["an object replaces it", { xFrameOptions: { action: "deny" } }, true, ["DENY", "SAMEORIGIN"]],
    ["an object turns it on", { xFrameOptions: { action: "deny" } }, false, ["DENY", undefined]],
  ] as const)("%s", async (_title, own, option, expected) => {
    const server = await startServer(option === undefined ? {} : { securityHeaders: option }, (made) => {
      made.handle({
        routePath: "own",
        securityHeaders: own,
        handler: (_request, response) => response.sendOk(),
      });
    });
    const frames = [(await ask(server, "/own")).headers, (await ask(server)).headers];
    expect(frames.map((headers) => headers["x-frame-options"])).toEqual(expected);
  });

  test("that replaces the option has no header of the server's", async () => {
    const server = await startServer({ securityHeaders: true }, (made) => {
      const own = { contentSecurityPolicy: false };
      made.handle({
        routePath: "own",
        securityHeaders: own,
        handler: (_request, response) => response.sendOk(),
      });
    });
    expect((await ask(server, "/own")).headers["content-security-policy"]).toBeUndefined();
  });
});

test("a header that a handler sets wins", async () => {
  const server = await startServer({ securityHeaders: true }, undefined, (_request, response) => {
    response.setHeader("Content-Security-Policy", "script-src 'nonce-abc'");
    response.sendOk();
  });
  const { headers } = await ask(server);
  expect(headers["content-security-policy"]).toBe("script-src 'nonce-abc'");
  expect(headers["x-frame-options"]).toBe("SAMEORIGIN");
});

test("no exchange leaves the direct way", async () => {
  const states: number[] = [];
  const watch: Capability = {
    name: "watch",
    install: (host) =>
      void host.answering((_request, response) => void process.nextTick(() => states.push(response.state))),
  };
  const server = await startServer({ securityHeaders: true, dispatch: "direct" }, undefined, undefined, [
    watch,
  ]);
  for (const path of ["/", "/none"]) await ask(server, path, { Connection: "keep-alive" });
  expect(states).toHaveLength(2);
  expect(states).not.toContain(ExchangeState.NODE);
});
