import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Capability, CapabilityHost, Channel } from "../../src/capability/contract.ts";
import { GateOrder } from "../../src/capability/contract.ts";
import { assertFlags, route as createRoute, fail, isAnswered } from "../../src/capability/index.ts";
import { coreErrorCodes } from "../../src/errors/errors.ts";
import { PacketronHandlerFlags, PacketronRequestMethod, PacketronServerFlags } from "../../src/index.ts";
import { PacketronRequest } from "../../src/message/request.ts";
import { PacketronResponse } from "../../src/message/response.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { problem } from "../_problem.ts";
import { RawClient } from "../_raw.ts";
import { makeSignal } from "../_routes.ts";
import { collectLog, makeServer, send, startServer } from "../_server.ts";

function capability(name: string, install: (host: CapabilityHost) => void): Capability {
  return { name, install };
}

/** A port of 127.0.0.1 that is in use until the end of the test. */
async function usedPort(): Promise<number> {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  onTestFinished(() => void blocker.close());
  const address = blocker.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

// Without this, the server would fork workers, which would run the test runner.
beforeAll(() => vi.stubEnv("PACKETRON_THREADS", "1"));
afterAll(() => vi.unstubAllEnvs());

describe("new Packetron()", () => {
  test("that throws leaves no state that would give a later server workers", () => {
    expect(() => new Packetron({ maxThreads: 2, flags: 1 << 30 })).toThrow("Unknown bit 1 << 30");
    expect(new Packetron({ maxThreads: 1 }).role).toBe("single");
  });

  test("needs no options, and starts nothing by itself", () => {
    const server = new Packetron();
    expect(server.port).toBe(3000);
    expect(server.address()).toBeNull();
    expect(server.settings.host).toBe("0.0.0.0");
  });

  test.each<[code: string, options: unknown, message: RegExp]>([
    ["PKT_OPTION_INVALID", 3000, /Option "options": got 3000/],
    ["PKT_OPTION_INVALID", { port: "3000" }, /Option "port": got "3000", expected an integer, 0 to 65535/],
    ["PKT_OPTION_INVALID", { flags: "START_IMMEDIATELY" }, /Option "flags": got "START_IMMEDIATELY"/],
    [
      "PKT_OPTION_INVALID",
      { capabilities: { name: "x", install() {} } },
      /expected a list such as \[bodyJson\(\)\]/,
    ],
    ["PKT_OPTION_INVALID", { trustProxy: ["10.0.0.0/99"] }, /trustProxy/],
    ["PKT_OPTION_UNKNOWN", { prot: 3000 }, /Unknown server option "prot"\. Did you mean "port"\?/],
    [
      "PKT_OPTION_UNKNOWN",
      { plugins: [] },
      /npm install @packetron\/plugins, then add plugins\(\) to capabilities/,
    ],
    ["PKT_FLAG_UNKNOWN", { flags: 1 << 9 }, /Unknown bit 1 << 9 in server flags 512/],
    ["PKT_FLAG_UNCLAIMED", { flags: PacketronServerFlags.OPEN_FIREWALL }, /npm install @packetron\/firewall/],
    ["PKT_CAPABILITY_INVALID", { capabilities: [() => undefined] }, /capabilities\[0\] is a function/],
  ])("refuses with %s: %o", (code, options, message) => {
    expect(() => Reflect.construct(Packetron, [options])).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test("passes a capability its options once, and undefined for absent ones", () => {
    const read: unknown[] = [];
    const greeting = capability("greeting", (host) =>
      host.serverOption("greeting", (value) => void read.push(value)),
    );
    const options = { capabilities: [greeting], greeting: "hello" };
    const { logger } = collectLog();
    new Packetron({ maxThreads: 1, logger, ...options });
    new Packetron({ maxThreads: 1, logger, capabilities: [greeting] });
    expect(read).toEqual(["hello", undefined]);
  });

  test("throws what a capability's reader of an option throws", () => {
    const strict = capability("strict", (host) =>
      host.serverOption("strict", () => {
        throw new RangeError("strict is missing");
      }),
    );
    expect(() => new Packetron({ maxThreads: 1, capabilities: [strict] })).toThrow(
      new RangeError("strict is missing"),
    );
  });
});

describe("handle()", () => {
  test("returns the route, whose run is the handler itself for a plain route", () => {
    const { server } = makeServer();
    const handler = (): void => undefined;
    const route = server.handle({ routePath: "users/:id", method: PacketronRequestMethod.POST, handler });
    expect(String(route)).toBe("POST /users/:id");
    expect(route.run).toBe(handler);
  });

  test("of the same method and path again wins, with one warning that names the route", async () => {
    const { server, lines } = await startServer((server) => {
      server.handle({ routePath: "a", handler: (_request, response) => response.end("first") });
      server.handle({ routePath: "/a", handler: (_request, response) => response.end("second") });
      server.handle({ routePath: "a", method: PacketronRequestMethod.POST, handler: () => undefined });
    });
    expect((await send(server, "GET /a")).text).toBe("second");
    const warnings = lines.filter(({ level }) => level === "warn");
    expect(warnings).toEqual([expect.objectContaining({ fields: { route: "GET /a" } })]);
  });

  test("adds routes while the server runs, and remove() removes them; a second call has no effect", async () => {
    const { server } = await startServer();
    expect((await send(server, "GET /a")).status).toBe(404);
    const route = server.handle({ routePath: "a", handler: (_request, response) => response.end("here") });
    expect((await send(server, "GET /a")).text).toBe("here");
    route.remove();
    route.remove();
    expect((await send(server, "GET /a")).status).toBe(404);
  });

  test("keeps a request in flight untouched when its route is removed", async () => {
    const arrived = makeSignal();
    const { opened, open } = makeSignal();
    const { server } = await startServer();
    const route = server.handle({
      routePath: "slow/:id",
      handler: async (request, response) => {
        arrived.open();
        await opened;
        response.end(`${request.params.id} ${request.route === route}`);
      },
    });
    const answer = send(server, "GET /slow/5");
    await arrived.opened;
    route.remove();
    open();
    expect(await answer).toMatchObject({ status: 200, text: "5 true" });
  });

  test("refuses a wrong route without changing the existing one", async () => {
    const { server } = await startServer();
    server.handle({ routePath: "a", handler: (_request, response) => response.end("here") });
    expect(() => server.handle({ routePath: "a", handler: () => undefined, flags: 1 << 19 })).toThrow(
      /1 << 19/,
    );
    expect((await send(server, "GET /a")).text).toBe("here");
  });
});

describe("onNotFound() and onError()", () => {
  test.each<[name: "onNotFound" | "onError", received: string, value: unknown]>([
    ["onNotFound", "undefined", undefined],
    ["onNotFound", '"404.html"', "404.html"],
    ["onError", "null", null],
    ["onError", "an object", { handle() {} }],
  ])("refuse a value that is not a function: %s(%s)", (name, received, value) => {
    const { server } = makeServer();
    expect(() => Reflect.apply(server[name], server, [value])).toThrow(
      expect.objectContaining({
        code: "PKT_OPTION_INVALID",
        message: expect.stringContaining(`Option "${name}": got ${received}, expected a function (`),
      }),
    );
  });

  test("return the server, for chaining", () => {
    const { server } = makeServer();
    expect(server.onNotFound(() => undefined).onError(() => undefined)).toBe(server);
  });
});

describe("start()", () => {
  test("is idempotent and gives the same promise, before and after it listens", async () => {
    const { server } = makeServer();
    const first = server.start();
    expect(server.start()).toBe(first);
    await first;
    expect(server.start()).toBe(first);
  });

  test("gives its address and port, and emits one event, when it listens", async () => {
    const { server } = makeServer();
    const addresses: unknown[] = [];
    server.on("listening", (address) => addresses.push(address));
    await server.start();
    const address = server.address();
    expect(address).toMatchObject({ address: "127.0.0.1", family: "IPv4" });
    expect(server.port).toBe(address?.port);
    expect(server.port).toBeGreaterThan(0);
    expect(addresses).toEqual([address]);
    expect([server.role, server.isPrimary, server.workerId]).toEqual(["single", true, 0]);
  });

  test("rejects with the port when it is in use, and says what to do", async () => {
    const port = await usedPort();
    const { server } = makeServer({ port });
    await expect(server.start()).rejects.toMatchObject({
      code: "PKT_SERVER_PORT_IN_USE",
      message: expect.stringMatching(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use.*TRY_NEXT_PORT`)),
    });
    expect(server.address()).toBeNull();
  });

  test("tries the next port with TRY_NEXT_PORT", async () => {
    const port = await usedPort();
    const { server } = makeServer({ port, flags: PacketronServerFlags.TRY_NEXT_PORT });
    await server.start();
    expect(server.port).toBeGreaterThan(port);
  });

  test("rejects with the error of a starting hook, and the port is free", async () => {
    const failing = capability("failing", (host) =>
      host.lifecycle({
        starting: async () => {
          throw new Error("no database");
        },
      }),
    );
    const { server } = makeServer({ capabilities: [failing] });
    await expect(server.start()).rejects.toThrow("no database");
    expect(server.address()).toBeNull();
  });

  test("rejects after stop(), with a hint", async () => {
    const { server } = makeServer();
    await server.stop();
    await expect(server.start()).rejects.toMatchObject({ code: "PKT_SERVER_STOPPED" });
  });
});

describe("gates", () => {
  test("are called without a `this`, in any number, so that none can access the chain", async () => {
    const receivers: unknown[] = [];
    const gate = function (this: unknown): void {
      receivers.push(this);
    };
    const gates = capability("gates", (host) => {
      host.gate(GateOrder.EARLY, gate);
      host.routeOption("maxWait", (_value, route) => {
        for (let count = 0; count < 2; count++) host.gate(GateOrder.LATE, gate, route);
      });
    });
    const { server } = await startServer(
      (server) =>
        server.handle({
          routePath: "a",
          handler: (_request, response) => response.sendOk(),
          ...{ maxWait: 1 },
        }),
      { capabilities: [gates] },
    );
    await send(server, "GET /a");
    expect(receivers).toEqual([undefined, undefined, undefined]);
  });
});

describe("flags that an option of a route implies", () => {
  const REPLY = 1 << 20;
  const replies = capability("replies", (host) => {
    host.bodyParser({
      flag: REPLY,
      name: "REPLY",
      mediaTypes: ["text/plain"],
      form: "text",
      parse: (text) => text,
    });
    host.routeOption(
      "reply",
      () => undefined,
      (value, { readsBodies }) => (value === true && !readsBodies ? REPLY : 0),
    );
    host.routeOption(
      "log",
      () => undefined,
      () => 1 << 21,
    );
  });

  test.each([
    [{ reply: true }, 0, ["REPLY"]],
    [{ reply: true }, PacketronHandlerFlags.RAW_BODY, ["RAW_BODY", "REPLY"]],
    [{ reply: false }, 0, []],
    [{}, PacketronHandlerFlags.RAW_BODY, ["RAW_BODY"]],
  ])("are added for %o and %i", (options, flags, names) => {
    const { server } = makeServer({ capabilities: [replies] });
    server.handle({ routePath: "a", flags, handler: () => undefined, ...options });
    expect(server.routes()[0]?.flags).toEqual(names);
  });

  test("are refused without their package", () => {
    const { server } = makeServer({ capabilities: [replies] });
    const options = { routePath: "a", handler: () => undefined, log: true };
    expect(() => server.handle(options)).toThrow("Unknown bit 1 << 21 in handler flags");
  });
});

describe("the log line about the port", () => {
  test("names the address of the server", async () => {
    const { server, lines } = makeServer();
    await server.start();
    expect(lines).toEqual([
      {
        level: "info",
        fields: { host: "127.0.0.1", port: server.port },
        message: `listening on 127.0.0.1:${server.port}`,
      },
    ]);
  });

  test("is a warning when TRY_NEXT_PORT has chosen another port", async () => {
    const port = await usedPort();
    const { server, lines } = makeServer({ port, flags: PacketronServerFlags.TRY_NEXT_PORT });
    await server.start();
    expect(lines.at(-1)).toMatchObject({
      level: "warn",
      message: expect.stringContaining(`because port ${port} is in use`),
    });
  });

  test("names the flags of the server, in which a flag of another family shows", async () => {
    const marker: Capability = {
      name: "marker",
      install: (host) => host.flag("server", "SHOW_MARKER", 1 << 20),
    };
    const { server, lines } = makeServer({ flags: 0b1000_0001 | (1 << 20), capabilities: [marker] });
    await server.start();
    expect(lines.at(-1)?.fields).toMatchObject({
      flags: "START_IMMEDIATELY | IGNORE_TRAILING_SLASH | SHOW_MARKER",
    });
  });
});

describe("stop()", () => {
  test("before start() resolves, and twice gives the same promise", async () => {
    const { server } = makeServer();
    const stopped = server.stop();
    expect(server.stop()).toBe(stopped);
    await stopped;
  });

  test("finishes requests in flight, then refuses connections, with its events in order", async () => {
    const events: string[] = [];
    const arrived = makeSignal();
    const { opened, open } = makeSignal();
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "slow",
        handler: async (_request, response) => {
          arrived.open();
          await opened;
          response.end("done");
        },
      });
    });
    server.on("draining", () => events.push("draining"));
    server.on("stopped", () => events.push("stopped"));
    const { port } = server;
    const answer = send(server, "GET /slow");
    await arrived.opened;
    const stopped = server.stop();
    open();
    expect((await answer).text).toBe("done");
    await stopped;
    expect(events).toEqual(["draining", "stopped"]);
    expect(server.address()).toBeNull();
    await expect(RawClient.connect({ port })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("while start() is under way rejects start(), and nothing listens afterwards", async () => {
    const { server } = makeServer();
    const listening: unknown[] = [];
    server.on("listening", (address) => listening.push(address));
    const started = server.start();
    started.catch(() => undefined);
    await server.stop();
    await expect(started).rejects.toMatchObject({ code: "PKT_SERVER_STOPPED" });
    expect(listening).toEqual([]);
  });

  test("cuts the remaining connections after drainTimeout", async () => {
    const arrived = makeSignal();
    const { server } = await startServer(
      (server) => void server.handle({ routePath: "never", handler: arrived.open }),
      {
        drainTimeout: 50,
      },
    );
    const client = await RawClient.connect({ port: server.port });
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    await arrived.opened;
    await server.stop();
    await client.until(() => false);
    expect(client.closed).toBe(true);
  });
});

describe("START_IMMEDIATELY", () => {
  const flags = PacketronServerFlags.START_IMMEDIATELY;

  test("serves the routes that are registered after the constructor", async () => {
    const { server } = makeServer({ flags });
    server.handle({ routePath: "a", handler: (_request, response) => response.end("here") });
    expect(server.address()).toBeNull();
    await once(server, "listening");
    expect((await send(server, "GET /a")).text).toBe("here");
  });

  test("is the same start as start()", async () => {
    const { server } = makeServer({ flags });
    let count = 0;
    server.on("listening", () => count++);
    await server.start();
    await new Promise(setImmediate);
    await server.start();
    expect(count).toBe(1);
  });

  test("that cannot start emits the error", async () => {
    const { server } = makeServer({ flags, port: await usedPort() });
    const error = await new Promise((resolve) => server.once("error", resolve));
    expect(error).toMatchObject({ code: "PKT_SERVER_PORT_IN_USE" });
  });

  test("is cancelled by stop() before it begins, without an error", async () => {
    const { server, lines } = makeServer({ flags });
    const events: unknown[] = [];
    for (const name of ["error", "listening"] as const)
      server.on(name, (value: unknown) => events.push(value));
    await server.stop();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(events).toEqual([]);
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("errors", () => {
  test("are logged without a listener, and emitted with one", async () => {
    const failure = new Error("broken");
    const { server, lines } = await startServer((server) => {
      server.handle({
        routePath: "bad",
        handler: () => {
          throw failure;
        },
      });
    });
    await send(server, "GET /bad");
    const fields = expect.objectContaining({ err: failure, method: "GET", route: "GET /bad" });
    expect(lines).toEqual([expect.objectContaining({ level: "error", fields })]);
    const emitted: unknown[] = [];
    server.on("error", (error) => emitted.push(error));
    await send(server, "GET /bad");
    expect(emitted).toEqual([failure]);
  });

  test("are emitted, and nothing is printed, with SILENCE_INTERNAL_LOGS", async () => {
    const written: unknown[] = [];
    const streams = [process.stdout, process.stderr];
    const writes = streams.map((stream) => stream.write);
    for (const stream of streams) stream.write = (chunk: string | Uint8Array) => written.push(chunk) > 0;
    onTestFinished(() => {
      for (const [index, stream] of streams.entries()) stream.write = writes[index] ?? stream.write;
    });
    const server = new Packetron({
      port: 0,
      host: "127.0.0.1",
      maxThreads: 1,
      idleGrace: 0,
      flags: PacketronServerFlags.SILENCE_INTERNAL_LOGS,
    });
    onTestFinished(() => server.stop());
    server.handle({ routePath: "bad", handler: () => Promise.reject(new Error("broken")) });
    server.handle({ routePath: "bad", handler: () => Promise.reject(new Error("broken")) });
    await server.start();
    const emitted: unknown[] = [];
    server.on("error", (error) => emitted.push(error));
    await send(server, "GET /bad");
    expect(emitted).toHaveLength(1);
    expect(written).toEqual([]);
  });

  test("stop the server with STOP_ON_ERROR, but a client error does not", async () => {
    const { server } = await startServer(
      (server) => {
        server.handle({ routePath: "bad", handler: () => Promise.reject(new Error("broken")) });
        server.handle({
          method: PacketronRequestMethod.POST,
          routePath: "small",
          maxRequestSizeInBytes: 1,
          handler: (_request, response) => response.end("small"),
        });
      },
      { flags: PacketronServerFlags.STOP_ON_ERROR },
    );
    const stopped = new Promise<void>((resolve) => server.once("stopped", resolve));
    expect((await send(server, "GET /%")).status).toBe(400);
    expect((await send(server, "POST /small", {}, "large")).status).toBe(413);
    expect((await send(server, "GET /nothing")).status).toBe(404);
    expect(server.address()).not.toBeNull();
    expect((await send(server, "GET /bad")).status).toBe(500);
    await stopped;
    expect(server.address()).toBeNull();
  });
});

describe("a capability", () => {
  /** A capability that uses every method of the host once, and records the calls of its hooks. */
  function everything(events: string[]): Capability & { readonly channel: () => Channel<Date> | undefined } {
    let channel: Channel<Date> | undefined;
    return {
      name: "everything",
      channel: () => channel,
      install(host) {
        events.push(`install ${host.server.role} ${host.settings.host}`);
        host.flag("handler", "LOUD", 1 << 20);
        host.flag("server", "SHOUT", 1 << 20);
        host.serverOption("greeting", (value) => void events.push(`serverOption ${value}`));
        host.routeOption("suffix", (value, route) => {
          events.push(`routeOption ${value} ${route.path}`);
          host.gate(
            GateOrder.LOCAL_PLUGINS,
            (_request, response) => void response.setHeader("Suffix", String(value)),
            route,
          );
        });
        host.bodyParser({
          flag: 1 << 21,
          name: "UPPER_BODY",
          mediaTypes: ["text/plain"],
          form: "text",
          parse: (text) => text.toUpperCase(),
        });
        host.gate(GateOrder.EARLY, (request, response) => {
          if (((request.route?.flags ?? 0) & (1 << 20)) !== 0) response.setHeader("Loud", "yes");
        });
        const found = createRoute(host, {
          routePath: "found",
          handler: (_request, response) => response.end("found"),
        });
        host.resolver((method, path) => (method === 0 && path === "/resolved" ? found : undefined));
        host.extend("server", "greet", () => "hello");
        host.extend("route", "describe", function (this: { path: string }) {
          return `route ${this.path}`;
        });
        host.extend("request", "shout", {
          get(this: { path: string }) {
            return this.path.toUpperCase();
          },
        });
        host.extend("response", "sendTwice", function (this: { end(text: string): void }, text: string) {
          this.end(text + text);
        });
        host.lifecycle({
          starting: async () => void events.push("starting"),
          listening: () => void events.push(`listening ${host.server.address() !== null}`),
          draining: () => void events.push("draining"),
          stopped: async () => void events.push(`stopped ${host.server.address() !== null}`),
        });
        channel = host.channel("everything");
        host.log.info({}, "installed");
        assertFlags(host, "server", 1 << 20);
      },
    };
  }

  test("can use every method of its host", async () => {
    const events: string[] = [];
    const one = everything(events);
    const options = { capabilities: [one], greeting: "hello", flags: 1 << 20 };
    const { server, lines } = makeServer(options);
    const routeOptions = {
      method: PacketronRequestMethod.POST,
      routePath: "upper",
      flags: (1 << 20) | (1 << 21),
      suffix: "x",
      handler: async (request: PacketronRequest, response: PacketronResponse) => {
        Reflect.apply(Reflect.get(response, "sendTwice"), response, [
          `${Reflect.get(request, "shout")} ${await request.getBody()} `,
        ]);
      },
    };
    const route = server.handle(routeOptions);
    expect(events).toEqual(["install single 127.0.0.1", "serverOption hello", "routeOption x /upper"]);
    expect(lines).toEqual([{ level: "info", fields: {}, message: "installed" }]);
    expect(Reflect.apply(Reflect.get(server, "greet"), server, [])).toBe("hello");
    expect(Reflect.apply(Reflect.get(route, "describe"), route, [])).toBe("route /upper");
    await server.start();
    const answer = await send(server, "POST /upper", {}, "body");
    expect(answer.text).toBe("/UPPER BODY /UPPER BODY ");
    expect([answer.header("Suffix"), answer.header("Loud")]).toEqual(["x", "yes"]);
    expect((await send(server, "GET /resolved")).text).toBe("found");
    expect((await send(server, "GET /found")).status).toBe(404);
    const received = new Promise((resolve) => one.channel()?.receive("primary", (...args) => resolve(args)));
    one.channel()?.sendToPrimary(new Date(0));
    expect(await received).toEqual([new Date(0), 0]);
    await server.stop();
    expect(events.slice(3)).toEqual(["starting", "listening true", "draining", "stopped true"]);
  });

  test("can add a sender whose work fails or is too late, without ending the process", async () => {
    const sender = capability("sender", (host) => {
      host.extend("response", "sendLater", function (this: PacketronResponse, error?: Error) {
        setImmediate(() => {
          if (isAnswered(this, "sendLater()")) return;
          if (error === undefined) this.end("later");
          else fail(error, this.req, this);
        });
      });
    });
    const sendLater = (response: PacketronResponse, error?: Error): unknown =>
      Reflect.apply(Reflect.get(response, "sendLater"), response, [error]);
    const setUp = (server: Packetron): void => {
      server.handle({ routePath: "ok", handler: (_request, response) => sendLater(response) });
      server.handle({
        routePath: "bad",
        handler: (_request, response) => sendLater(response, new Error("disk failure")),
      });
      server.handle({
        routePath: "late",
        handler(_request, response) {
          sendLater(response);
          response.sendTextPlain("first");
        },
      });
    };
    const { server, lines } = await startServer(setUp, { capabilities: [sender] });
    expect((await send(server, "GET /ok")).text).toBe("later");
    expect(lines).toEqual([]);
    expect(await send(server, "GET /bad")).toMatchObject({ status: 500, text: problem(500) });
    expect((await send(server, "GET /late")).text).toBe("first");
    expect(lines).toMatchObject([
      { level: "error", fields: { err: { message: "disk failure" } } },
      {
        level: "warn",
        fields: {
          err: { code: "PKT_RESPONSE_ENDED", message: expect.stringMatching(/^sendLater\(\) was called/) },
        },
      },
    ]);
  });

  test("runs its hooks in the order of registration, and stops in reverse", async () => {
    const events: string[] = [];
    const hooks = (name: string): Capability =>
      capability(name, (host) =>
        host.lifecycle({
          starting: async () => {
            await new Promise(setImmediate);
            events.push(`${name} starting`);
          },
          stopped: async () => {
            await new Promise(setImmediate);
            events.push(`${name} stopped`);
          },
        }),
      );
    const { server } = await startServer(() => undefined, { capabilities: [hooks("one"), hooks("two")] });
    await server.stop();
    expect(events).toEqual(["one starting", "two starting", "two stopped", "one stopped"]);
  });

  test("of one server affects that server only", async () => {
    const marked = capability("marked", (host) => {
      host.flag("handler", "MARKED", 1 << 20);
      host.routeOption("mark", () => undefined);
      host.gate(GateOrder.EARLY, (_request, response) => void response.setHeader("Marked", "yes"));
      host.extend("server", "marked", () => true);
      host.extend("route", "marked", () => true);
      host.extend("request", "marked", { get: () => true });
      host.extend("response", "marked", () => true);
    });
    const setUp = (server: Packetron) =>
      server.handle({
        routePath: "a",
        handler: (request, response) => response.end(`${"marked" in request} ${"marked" in response}`),
      });
    const first = await startServer(setUp, { capabilities: [marked] });
    const second = await startServer(setUp);
    const [one, two] = [await send(first.server, "GET /a"), await send(second.server, "GET /a")];
    expect([one.text, one.header("Marked")]).toEqual(["true true", "yes"]);
    expect([two.text, two.header("Marked")]).toEqual(["false false", undefined]);
    expect(["marked" in first.server, "marked" in second.server]).toEqual([true, false]);
    const routeOf = (server: Packetron) => server.handle({ routePath: "b", handler: () => undefined });
    expect(["marked" in routeOf(first.server), "marked" in routeOf(second.server)]).toEqual([true, false]);
    expect("marked" in PacketronRequest.prototype || "marked" in PacketronResponse.prototype).toBe(false);
    expect(() => second.server.handle({ routePath: "c", flags: 1 << 20, handler: () => undefined })).toThrow(
      /1 << 20/,
    );
  });

  test("cannot claim anything once the server exists, but can add and remove gates and routes", async () => {
    let host: CapabilityHost | undefined;
    const { server } = await startServer(() => undefined, {
      capabilities: [capability("late", (given) => void (host = given))],
    });
    expect(() => host?.flag("handler", "LATE", 1 << 20)).toThrow(
      expect.objectContaining({ code: "PKT_CAPABILITY_SEALED" }),
    );
    const remove = host?.gate(
      GateOrder.EARLY,
      (_request, response) => void response.setHeader("Late", "yes"),
    );
    expect((await send(server, "GET /")).header("Late")).toBe("yes");
    remove?.();
    expect((await send(server, "GET /")).header("Late")).toBeUndefined();
  });
});

describe("request and response", () => {
  test("are classes of this server only, and extend Node's", async () => {
    const facts: unknown[] = [];
    const { server } = await startServer((server) => {
      server.handle({
        routePath: "a",
        handler: (request, response) => {
          facts.push(
            request.server === server,
            request instanceof PacketronRequest,
            response instanceof PacketronResponse,
          );
          facts.push(request.response === response, Object.hasOwn(request, "server"));
          response.end();
        },
      });
    });
    await send(server, "GET /a");
    expect(facts).toEqual([true, true, true, true, false]);
  });
});

describe("broadcast()", () => {
  test("reaches the subscribers of its topic, asynchronously and with a copy of the value, until they unsubscribe", async () => {
    const { server } = await startServer();
    const heard: unknown[] = [];
    const leave = server.subscribe("news", (value, from) => heard.push(["first", value, from]));
    server.subscribe("weather", (value) => heard.push(["weather", value]));
    const second = new Promise<void>((resolve) => {
      server.subscribe("news", (value) => {
        heard.push(["second", value]);
        if (value === "end") resolve();
      });
    });
    const value = { at: new Date(0) };
    server.broadcast("news", value);
    expect(heard).toEqual([]);
    await new Promise<void>((resolve) => {
      const leaveOnce = server.subscribe("news", () => {
        leaveOnce();
        resolve();
      });
    });
    expect(heard).toEqual([
      ["first", value, 0],
      ["second", value],
    ]);
    leave();
    server.broadcast("news", "end");
    await second;
    expect(heard.slice(2)).toEqual([["second", "end"]]);
  });

  test("refuses a value that cannot be sent, with the reason", async () => {
    const { server } = await startServer();
    expect(() => server.broadcast("news", () => undefined)).toThrow(
      expect.objectContaining({
        code: "PKT_CLUSTER_MESSAGE",
        message: expect.stringMatching(/could not be cloned/),
      }),
    );
  });
});

test("every error code of core is in the public list, which is frozen", () => {
  expect(Object.isFrozen(coreErrorCodes)).toBe(true);
  expect(coreErrorCodes).toContain("PKT_OPTION_INVALID");
  expect(PacketronHandlerFlags.EXACT_PATH).toBe(1 << 12);
});
