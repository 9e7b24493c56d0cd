import { once } from "node:events";
import { connect } from "node:net";
import { type Capability, GateOrder, Packetron, PacketronRequestMethod } from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, test, vi } from "vitest";
import { health } from "../src/index.ts";
import { ask, hold, makeServer, probe, startServer } from "./_server.ts";

describe("health() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(health)) test(name, run);
});

describe("health() with its option does what every capability does", () => {
  for (const { name, run } of capabilityConformance(health, { options: { health: {} } })) test(name, run);
});

describe("a probe", () => {
  test.each(["/livez", "/readyz", "/livez?verbose", "/%6civez"])(
    "of %s is answered with 200",
    async (path) => {
      const { server } = await startServer();
      const { status, headers, body } = await ask(server, path);
      expect([status, body]).toEqual([200, '{"status":"ok"}']);
      expect(headers).toMatchObject({
        "cache-control": "no-store",
        "content-type": "application/json; charset=utf-8",
        "content-length": "15",
      });
    },
  );

  test("with HEAD gets the headers of GET and no body", async () => {
    const { server } = await startServer();
    const { status, headers, body } = await ask(server, "/readyz", "HEAD");
    expect([status, headers["content-length"], headers["cache-control"], body]).toEqual([
      200,
      "15",
      "no-store",
      "",
    ]);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "with %s gets 405 and the allowed methods",
    async (method) => {
      const { server } = await startServer();
      const { status, headers } = await ask(server, "/livez", method);
      expect([status, headers["allow"]]).toEqual([405, "GET, HEAD, OPTIONS"]);
    },
  );

  test("with OPTIONS gets 204 and the allowed methods", async () => {
    const { server } = await startServer();
    const { status, headers } = await ask(server, "/readyz", "OPTIONS");
    expect([status, headers["allow"]]).toEqual([204, "GET, HEAD, OPTIONS"]);
  });

  test("works on a keep-alive connection, also pipelined", async () => {
    const { server } = await startServer();
    const socket = connect(server.port, "127.0.0.1");
    const head = (path: string, close = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${close}\r\n`;
    socket.write(head("/livez") + head("/readyz") + head("/nowhere", "Connection: close\r\n"));
    let received = "";
    socket.setEncoding("latin1").on("data", (text) => {
      received += text;
    });
    await once(socket, "close");
    expect([...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual([
      "200",
      "200",
      "404",
    ]);
  });

  test.each(["/livez/", "/Livez", "/livez/x", "//livez"])(
    "of %s gets 404: the path must match exactly",
    async (path) => {
      const { server } = await startServer();
      expect((await ask(server, path)).status).toBe(404);
    },
  );

  test("is answered at the paths of the option, and at no other", async () => {
    const { server } = await startServer({ liveness: "/healthz", readiness: false });
    const statuses = ["/healthz", "/livez", "/readyz"].map(async (path) => (await ask(server, path)).status);
    expect(await Promise.all(statuses)).toEqual([200, 404, 404]);
  });
});

describe("a probe and the rest of the program", () => {
  test("no gate runs before it, not even one at EARLY that refuses everything", async () => {
    const deny: Capability = {
      name: "deny",
      install: (host) =>
        void host.gate(GateOrder.EARLY, (_request, response) => {
          response.sendStatusCode(401);
          return true;
        }),
    };
    const { server } = makeServer({}, { others: [deny] });
    await server.start();
    expect(await probe(server)).toEqual([200, 200]);
    expect((await ask(server, "/other")).status).toBe(401);
  });

  test("a parameter route of the program does not answer it", async () => {
    const { server } = await startServer();
    server.handle({ routePath: "*", handler: (_request, response) => response.sendTextPlain("the app") });
    server.handle({ routePath: ":page", handler: (_request, response) => response.sendTextPlain("a page") });
    expect((await ask(server, "/readyz")).body).toBe('{"status":"ok"}');
    expect((await ask(server, "/about")).body).toBe("a page");
  });

  test("a route of the program with exactly that path answers, with one warning", async () => {
    const { server, lines } = await startServer();
    const route = server.handle({
      routePath: "readyz",
      handler: (_request, response) => response.sendTextPlain("mine"),
    });
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "livez",
      handler: (_request, response) => response.sendTextPlain("posted"),
    });
    expect((await ask(server, "/readyz")).body).toBe("mine");
    expect((await ask(server, "/readyz", "HEAD")).status).toBe(200);
    expect((await ask(server, "/livez", "POST")).body).toBe("posted");
    expect((await ask(server, "/livez")).body).toBe('{"status":"ok"}');
    expect(lines.filter(({ level }) => level === "warn").map(({ fields }) => fields["route"])).toEqual([
      "GET /readyz",
      "POST /livez",
    ]);
    route.remove();
    expect((await ask(server, "/readyz")).body).toBe('{"status":"ok"}');
  });

  test("without the option there is no gate and no endpoint", () => {
    const gate = vi.fn(() => () => undefined);
    const capability: Capability = {
      name: "@packetron/health",
      install: (host) => health().install({ ...host, gate }),
    };
    new Packetron({ maxThreads: 1, capabilities: [capability] });
    expect(gate).not.toHaveBeenCalled();
    new Packetron({ maxThreads: 1, capabilities: [capability], health: {} });
    expect(gate).toHaveBeenCalledTimes(1);
  });
});

describe("readiness", () => {
  test("is 503 until the server has started, while liveness is 200", async () => {
    const { promise: warm, resolve: becomeWarm } = hold();
    const warming: Capability = {
      name: "warming",
      install: (host) => host.lifecycle({ listening: () => warm }),
    };
    const { server } = makeServer({}, { others: [warming] });
    const started = server.start();
    await vi.waitUntil(() => server.address() !== null, { timeout: 10_000 });
    expect(await probe(server)).toEqual([200, 503]);
    becomeWarm();
    await started;
    expect(await probe(server)).toEqual([200, 200]);
  });

  test("is 503 from the moment that draining begins, while liveness stays 200 on an open connection", async () => {
    const { server } = await startServer({}, { idleGrace: 5_000, drainTimeout: 5_000 });
    const socket = connect(server.port, "127.0.0.1").setEncoding("latin1");
    await once(socket, "connect");
    const answers = async (path: string) => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      return String((await once(socket, "data"))[0]).slice(9, 12);
    };
    expect(await answers("/readyz")).toBe("200");
    const drained: string[] = [];
    server.once("draining", () => drained.push("draining"));
    const other = connect(server.port, "127.0.0.1").setEncoding("latin1");
    await once(other, "connect");
    const stopped = server.stop();
    expect(await answers("/readyz")).toBe("503");
    expect(drained).toEqual(["draining"]);
    other.write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(String((await once(other, "data"))[0])).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
    other.destroy();
    await stopped;
  });

  test("is 503 while a check fails, reveals nothing about it, and liveness stays 200", async () => {
    let up = false;
    const database = async () => {
      if (!up) throw new Error("password for db.internal is wrong");
    };
    const { server, lines } = await startServer({ checks: { database }, checkMaxAge: 1 });
    expect(await probe(server)).toEqual([200, 503]);
    const { headers, body } = await ask(server, "/readyz");
    expect(body).toBe('{"status":"unavailable"}');
    expect(JSON.stringify(headers)).not.toMatch(/database|internal/);
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    up = true;
    await vi.waitUntil(async () => (await ask(server, "/readyz")).status === 200, { timeout: 10_000 });
  });

  test("runs all checks concurrently, and each only once for many probes", async () => {
    const running: string[] = [];
    const { promise, resolve } = hold();
    const check = (name: string) => () => {
      running.push(name);
      return promise;
    };
    const { server } = await startServer({ checks: { one: check("one"), two: check("two") } });
    const answers = Promise.all(Array.from({ length: 20 }, () => ask(server, "/readyz")));
    await vi.waitUntil(() => running.length > 0, { timeout: 10_000 });
    resolve();
    expect((await answers).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(running).toEqual(["one", "two"]);
  });

  test("is 503 when draining begins while its checks run", async () => {
    const { promise, resolve } = hold();
    const check = vi.fn(() => promise);
    const { server } = await startServer({ checks: { check } }, { drainTimeout: 5_000 });
    const answer = ask(server, "/readyz");
    await vi.waitUntil(() => check.mock.calls.length > 0, { timeout: 10_000 });
    const stopped = server.stop();
    resolve();
    expect((await answer).status).toBe(503);
    await stopped;
  });

  test("a client may disconnect while checks run", async () => {
    const { promise, resolve } = hold();
    const check = vi.fn(() => promise);
    const { server, lines } = await startServer({ checks: { check } });
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitUntil(() => check.mock.calls.length > 0, { timeout: 10_000 });
    socket.destroy();
    await once(socket, "close");
    resolve();
    expect((await ask(server, "/readyz")).status).toBe(200);
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});
