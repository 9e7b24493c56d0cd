import { once } from "node:events";
import { createRequire } from "node:module";
import * as core from "@packetron/core";
import * as packetron from "packetron";
import { afterEach, describe, expect, expectTypeOf, test } from "vitest";
import { capabilityPackages } from "../../core/test/_capabilities.ts";

const { bodyJson, Packetron, PacketronHandlerFlags, PacketronRequestMethod } = packetron;

const manifest: { readonly dependencies: Readonly<Record<string, string>> } = createRequire(import.meta.url)(
  "../package.json",
);
const notCapabilities = ["@packetron/core", "@packetron/cli"];
const capabilities = Object.keys(manifest.dependencies).filter((name) => !notCapabilities.includes(name));

const servers: packetron.Packetron[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe("public names", () => {
  test("are those of core and of the capabilities, and no others", async () => {
    const named = await Promise.all(["@packetron/core", ...capabilities].map((name) => import(name)));
    expect(Object.keys(packetron).toSorted()).toEqual(named.flatMap(Object.keys).toSorted());
  });

  test("every name of core is exported unchanged, except for the class of the server", () => {
    for (const [name, value] of Object.entries(core)) {
      if (name === "Packetron") expect(packetron.Packetron).not.toBe(value);
      else expect(Reflect.get(packetron, name), name).toBe(value);
    }
  });

  test.each(capabilities)("every name of %s is exported unchanged", async (capability) => {
    const names: object = await import(capability);
    for (const [name, value] of Object.entries(names)) expect(Reflect.get(packetron, name), name).toBe(value);
  });

  test("require() gives the same names as import", () => {
    const required: object = createRequire(import.meta.url)("packetron");
    expect(Object.keys(required)).toEqual(expect.arrayContaining(Object.keys(packetron)));
  });
});

describe("new Packetron()", () => {
  test("is a Packetron of core too, and an event emitter", () => {
    const server = new Packetron({ maxThreads: 1 });
    expect(server).toBeInstanceOf(core.Packetron);
    expect(server.constructor.name).toBe("Packetron");
    expect(new core.Packetron({ maxThreads: 1 })).not.toBeInstanceOf(Packetron);
  });

  test("accepts every option of core, and refuses unknown ones", () => {
    expectTypeOf(Packetron).constructorParameters.toEqualTypeOf<
      ConstructorParameters<typeof core.Packetron>
    >();
    expect(new Packetron({ maxThreads: 1, lingerBytes: 7 }).settings).toMatchObject({
      maxThreads: 1,
      lingerBytes: 7,
    });
    const misspelt = { maxThreads: 1, prot: 80 };
    expect(() => new Packetron(misspelt)).toThrow('Did you mean "port"?');
  });

  test("serves JSON and text bodies without a capabilities option", async () => {
    const server = await _start(new Packetron(_local));
    expect(await _post(server, "json", '{"a":1}')).toEqual({ body: { a: 1 } });
    expect(await _post(server, "text", "one")).toEqual({ body: "one" });
  });

  test("a plain route runs its handler directly, without gates of the registered capabilities", () => {
    const handler: core.Handler = (_request, response) => response.sendOk();
    const route = new Packetron({ maxThreads: 1 }).handle({ routePath: "plain", handler });
    expect(route.run).toBe(handler);
  });

  test("a capability that is given is added to the registered ones", async () => {
    const shout: core.Capability = {
      name: "shout",
      install: (host) =>
        host.bodyParser({
          flag: 1 << 20,
          name: "SHOUT_BODY",
          mediaTypes: ["text/shout"],
          form: "text",
          parse: (text) => text.toUpperCase(),
        }),
    };
    const server = new Packetron({ ..._local, capabilities: [shout] });
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "shout",
      flags: 1 << 20,
      handler: async (request, response) => response.sendJson({ body: await request.getBody() }),
    });
    await _start(server);
    expect(await _post(server, "shout", "hey")).toEqual({ body: "HEY" });
    expect(await _post(server, "json", "[1]")).toEqual({ body: [1] });
  });

  test("a capability with the name of a registered one replaces it", async () => {
    const server = await _start(
      new Packetron({ ..._local, capabilities: [bodyJson({ poisoning: "drop" })] }),
    );
    expect(await _post(server, "json", '{"a":1,"__proto__":{}}')).toEqual({ body: { a: 1 } });
  });

  const claiming = capabilityPackages.filter(({ claims }) => Object.values(claims).flat().length > 0);
  test.each(claiming)("registers $name: a second claim of what it claims is refused", ({ name, create }) => {
    const rival: core.Capability = { ...create(), name: "rival" };
    expect(() => new Packetron({ maxThreads: 1, capabilities: [rival] })).toThrow(`${name} has it`);
  });

  test("a capability that claims a registered bit under another name is refused, naming both", () => {
    const rival: core.Capability = {
      name: "rival",
      install: (host) => host.flag("handler", "JSON_BODY", PacketronHandlerFlags.JSON_BODY),
    };
    expect(() => new Packetron({ maxThreads: 1, capabilities: [rival] })).toThrow(
      /^rival claims .* @packetron\/body-json has it/,
    );
  });

  test.each([
    ["a factory that was not called", [bodyJson], "capabilities[0] is a function (bodyJson)"],
    ["nothing", [bodyJson(), undefined], "capabilities[1] is undefined"],
    ["null", [null], "capabilities[0] is null"],
  ])("%s among the capabilities is refused with its index in the list", (_name, capabilities, message) => {
    expect(() => Reflect.construct(Packetron, [{ maxThreads: 1, capabilities }])).toThrow(message);
  });

  test("infers the parameters of a route from its path", () => {
    new Packetron({ maxThreads: 1 }).handle({
      routePath: "users/:id/*",
      handler: ({ params }, response) => {
        expectTypeOf(params.id).toEqualTypeOf<string>();
        expectTypeOf(params["*"]).toEqualTypeOf<string>();
        response.sendOk();
      },
    });
  });
});

const _local: core.ServerOptions = { host: "127.0.0.1", port: 0, maxThreads: 1, idleGrace: 0 };

async function _start(server: packetron.Packetron): Promise<packetron.Packetron> {
  servers.push(server);
  for (const [routePath, flags] of [
    ["json", PacketronHandlerFlags.JSON_BODY],
    ["text", PacketronHandlerFlags.PLAIN_TEXT_BODY],
  ] as const) {
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath,
      flags,
      handler: async (request, response) => response.sendJson({ body: await request.getBody() }),
    });
  }
  const listening = once(server, "listening");
  await Promise.all([server.start(), listening]);
  return server;
}

async function _post(server: packetron.Packetron, path: string, body: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${server.port}/${path}`, { method: "POST", body });
  return answer.json();
}
