import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { TrustProxy } from "../../src/config/options.ts";
import { createOriginReader } from "../../src/message/origin.ts";
import type { Packetron } from "../../src/server/packetron.ts";
import { createCertificate } from "../_certificate.ts";
import { ask } from "../_raw.ts";
import { startServer } from "../_server.ts";

type Headers = Readonly<Record<string, string>>;

/** The origin of a request whose peer has an address, as `"https shop.example"`; a peer without one is a Unix socket. */
function originOf(
  trustProxy: TrustProxy,
  peer: string | undefined,
  headers: Headers,
  encrypted?: true,
): string {
  const socket = new Socket();
  const localAddress = peer === undefined ? undefined : "127.0.0.1";
  Object.defineProperties(socket, {
    remoteAddress: { value: peer },
    localAddress: { value: localAddress },
    ...(encrypted ? { encrypted: { value: true } } : {}),
  });
  const fields: Headers = { host: "own", ...headers };
  const { host, isSecure } = createOriginReader(trustProxy)({ socket, field: (name) => fields[name] });
  return `${isSecure ? "https" : "http"} ${host}`;
}

const ours = { "x-forwarded-proto": "https", "x-forwarded-host": "shop.example" };

describe("the origin of a request", () => {
  test.each<[TrustProxy, peer: string | undefined, Headers, origin: string]>([
    // Which peers are trusted.
    ["loopback", "127.0.0.1", ours, "https shop.example"],
    ["loopback", "::ffff:127.0.0.1", ours, "https shop.example"],
    ["loopback", undefined, ours, "https shop.example"],
    ["loopback", "10.0.0.1", ours, "http own"],
    ["private", "10.0.0.1", ours, "https shop.example"],
    [["198.51.100.0/24"], "198.51.100.7", ours, "https shop.example"],
    [["198.51.100.0/24"], "203.0.113.7", ours, "http own"],
    [false, "127.0.0.1", ours, "http own"],
    [true, "203.0.113.7", ours, "https shop.example"],
    // The entry of the nearest proxy, when no further hop is trusted. What is left of it, the client has written.
    ["loopback", "127.0.0.1", { "x-forwarded-proto": "https, http" }, "http own"],
    ["loopback", "127.0.0.1", { "x-forwarded-host": "evil.example, shop.example" }, "http shop.example"],
    [
      "private",
      "10.0.0.1",
      { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https, http" },
      "http own",
    ],
    // The entry of the outermost trusted proxy.
    [
      "private",
      "10.0.0.1",
      { "x-forwarded-for": "203.0.113.7, 10.0.0.2", "x-forwarded-proto": "https, http" },
      "https own",
    ],
    [
      "private",
      "10.0.0.1",
      {
        "x-forwarded-for": "10.9.9.9, 203.0.113.7, 10.0.0.2",
        "x-forwarded-proto": "https, http, http",
        "x-forwarded-host": "evil.example, shop.example, inside",
      },
      "http shop.example",
    ],
    // A proxy that replaces the entry instead of adding one.
    [
      "private",
      "10.0.0.1",
      { "x-forwarded-for": "203.0.113.7, 10.0.0.2", "x-forwarded-proto": "https" },
      "https own",
    ],
    // An entry that is not an address ends the trust.
    [
      "private",
      "10.0.0.1",
      { "x-forwarded-for": "203.0.113.7, unknown, 10.0.0.2", "x-forwarded-proto": "https, http, http" },
      "http own",
    ],
    // `true` takes the leftmost.
    [true, "203.0.113.7", { "x-forwarded-proto": "https, http", "x-forwarded-host": "a, b" }, "https a"],
    // Values that are not valid.
    ["loopback", "127.0.0.1", { "x-forwarded-proto": "gopher" }, "http own"],
    ["loopback", "127.0.0.1", { "x-forwarded-proto": "HTTPS" }, "https own"],
    ["loopback", "127.0.0.1", { "x-forwarded-host": "a/b" }, "http own"],
    ["loopback", "127.0.0.1", { "x-forwarded-host": "a@b" }, "http own"],
    ["loopback", "127.0.0.1", { "x-forwarded-host": "a:99999" }, "http own"],
    ["loopback", "127.0.0.1", { "x-forwarded-host": "", "x-forwarded-proto": " , " }, "http own"],
    ["loopback", "127.0.0.1", { "x-forwarded-host": "shop.example:8443" }, "http shop.example:8443"],
    ["loopback", "127.0.0.1", { host: "" }, "http "],
    // Forwarded, where the other two say nothing.
    [
      "loopback",
      "127.0.0.1",
      { forwarded: "for=203.0.113.7;proto=https;host=shop.example" },
      "https shop.example",
    ],
    ["loopback", "203.0.113.9", { forwarded: "proto=https;host=shop.example" }, "http own"],
    ["loopback", "127.0.0.1", { forwarded: "proto=https, for=203.0.113.7;proto=http" }, "http own"],
    [
      "private",
      "10.0.0.1",
      { forwarded: "host=evil.example, for=203.0.113.7;proto=https, for=10.0.0.2;proto=http" },
      "https own",
    ],
    ["private", "10.0.0.1", { forwarded: "proto=https, proto=http" }, "http own"],
    ["loopback", "127.0.0.1", { ...ours, forwarded: "proto=http;host=other.example" }, "https shop.example"],
    ["loopback", "127.0.0.1", { forwarded: "proto=https;;" }, "http own"],
    [true, "203.0.113.7", { forwarded: "proto=https;host=a, proto=http;host=b" }, "https a"],
  ])("with trustProxy %j from %s and %j is %s", (trustProxy, peer, headers, origin) => {
    expect(originOf(trustProxy, peer, headers)).toBe(origin);
  });

  test("is secure over TLS, unless a trusted proxy says otherwise", () => {
    expect(originOf("loopback", "203.0.113.7", {}, true)).toBe("https own");
    expect(originOf("loopback", "203.0.113.7", { "x-forwarded-proto": "http" }, true)).toBe("https own");
    expect(originOf("loopback", "127.0.0.1", { "x-forwarded-proto": "http" }, true)).toBe("http own");
  });
});

const GET = "GET / HTTP/1.1\r\nHost: Shop.Example:8080\r\n";

function report(server: Packetron): void {
  server.handle({
    routePath: "/",
    handler: (request, response) => response.sendJson([request.protocol, request.host, request.isSecure]),
  });
}

describe.each(["direct", "standard"] as const)("a request, dispatched %s", (dispatch) => {
  test("has host, protocol and isSecure", async () => {
    const { server } = await startServer(report, { dispatch });
    const plain = await ask(server, `${GET}\r\n`);
    expect(JSON.parse(String(plain.body))).toEqual(["http", "Shop.Example:8080", false]);
    const proxied = await ask(server, `${GET}X-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n\r\n`);
    expect(JSON.parse(String(proxied.body))).toEqual(["https", "b", true]);
    const old = await ask(server, "GET / HTTP/1.0\r\n\r\n");
    expect(JSON.parse(String(old.body))).toEqual(["http", "", false]);
  });

  test("is secure over TLS", async () => {
    const { server } = await startServer(report, { dispatch, tls: createCertificate() });
    const answer = await ask({ port: server.port, tls: true }, `${GET}\r\n`);
    expect(JSON.parse(String(answer.body))).toEqual(["https", "Shop.Example:8080", true]);
  });

  test("takes the values that middleware sets", async () => {
    const { server } = await startServer(
      (made) =>
        made.handle({
          routePath: "/",
          handler: (request, response) => {
            Object.assign(request, { host: "mine", protocol: "gopher", isSecure: "maybe" });
            response.sendJson([request.protocol, request.host, request.isSecure]);
          },
        }),
      { dispatch },
    );
    for (let turn = 0; turn < 2; turn++)
      expect(JSON.parse(String((await ask(server, `${GET}\r\n`)).body))).toEqual(["gopher", "mine", "maybe"]);
  });
});
