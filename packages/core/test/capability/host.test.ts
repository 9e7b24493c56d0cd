import { describe, expect, test } from "vitest";
import type {
  Capability,
  CapabilityHost,
  ExtensionMember,
  ExtensionTarget,
} from "../../src/capability/contract.ts";
import { type CapabilityTarget, installCapabilities } from "../../src/capability/host.ts";
import { Registry } from "../../src/capability/registry.ts";
import { resolveServerSettings } from "../../src/config/settings.ts";
import { PacketronError } from "../../src/errors/errors.ts";
import { Settlement } from "../../src/message/settlement.ts";

const unused = (): never => {
  throw new Error("not part of this test");
};

/** A target with prototypes of its own; what core implements elsewhere is not there. */
function makeTarget() {
  const prototypes: Record<ExtensionTarget, Record<string, unknown>> = {
    server: { handle: unused },
    route: { remove: unused },
    request: {},
    response: { end: unused },
  };
  const log = { debug: unused, info: unused, warn: unused, error: unused };
  const registry = new Registry();
  const settings = resolveServerSettings({});
  const server: CapabilityTarget["server"] = Object.assign(Object.create(null), { settings, log });
  const target: CapabilityTarget = {
    registry,
    server,
    addGate: unused,
    addAround: unused,
    addAnswering: unused,
    addUpgrade: unused,
    settlement: new Settlement(unused),
    openChannel: unused,
    sharing: { services: () => Object.create(null), provide: unused },
    prototypes,
  };
  return { target, registry, prototypes };
}

function capability(name: string, install: (host: CapabilityHost) => void = () => undefined): Capability {
  return { name, install };
}

/** Installs one capability, and returns its host after install() has returned. */
function installedHost(): CapabilityHost {
  let kept: CapabilityHost | undefined;
  installCapabilities([capability("late", (host) => void (kept = host))], makeTarget().target);
  if (kept === undefined) throw new Error("install() was not called");
  return kept;
}

function coded(code: string, message: string | RegExp): object {
  return expect.objectContaining({
    code,
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });
}

describe("installCapabilities", () => {
  test("installs each capability once, in order", () => {
    const installed: string[] = [];
    const list = ["one", "two", "three"].map((name) => capability(name, () => void installed.push(name)));
    installCapabilities(list, makeTarget().target);
    expect(installed).toEqual(["one", "two", "three"]);
  });

  test("calls install() as a method, so that a capability may be a class", () => {
    class Greeting implements Capability {
      readonly name: string = "greeting";
      readonly text: string = "hello";
      seen = "";
      install(): void {
        this.seen = this.text;
      }
    }
    const greeting = new Greeting();
    installCapabilities([greeting], makeTarget().target);
    expect(greeting.seen).toBe("hello");
  });

  test("writes every claim into the registry under the capability's name", () => {
    const { target, registry } = makeTarget();
    const hooks = { starting: unused };
    const find = (): undefined => undefined;
    const one = capability("one", (host) => {
      host.flag("server", "MINE", 1 << 20);
      host.bodyParser({ flag: 1 << 21, name: "PARSED", mediaTypes: [], form: "text", parse: (text) => text });
      host.serverOption("greeting", unused);
      host.routeOption("loud", unused);
      host.resolver(find);
      host.lifecycle(hooks);
    });
    installCapabilities([one], target);
    expect(registry.serverOptions.get("greeting")?.owner).toBe("one");
    expect(registry.routeOptions.get("loud")?.owner).toBe("one");
    expect(registry.resolvers).toEqual([find]);
    expect(registry.lifecycle).toEqual([hooks]);
    expect(registry.bodyParsersOf(1 << 21)).toHaveLength(1);
    expect(() => registry.claimFlag("two", "server", "MINE", 1 << 20)).toThrow(/but one has it already/);
  });

  test("lets a capability destructure the methods of its host", () => {
    const { target, registry } = makeTarget();
    const gates: unknown[] = [];
    const guarded = { ...target, addGate: (order: number) => () => void gates.push(order) };
    const one = capability("one", ({ flag, gate, extend }) => {
      flag("server", "MINE", 1 << 20);
      gate(5, () => undefined)();
      extend("request", "user", () => null);
    });
    installCapabilities([one], guarded);
    expect(registry.namesOf("server").get(1 << 20)).toBe("MINE");
    expect(gates).toEqual([5]);
    expect(target.prototypes.request).toHaveProperty("user");
  });

  describe("refuses a value that is not a capability, with its index and how to make one", () => {
    test.each<[value: unknown, received: string]>([
      [undefined, "undefined"],
      [null, "null"],
      [function bodyJson() {}, "a function (bodyJson)"],
      ["@packetron/body-json", '"@packetron/body-json"'],
      [{}, "an object"],
      [{ name: "one" }, "an object"],
      [{ name: "one", install: true }, "an object"],
      [{ name: 1, install() {} }, "an object"],
      [{ name: "", install() {} }, "an object"],
      [{ install() {} }, "an object"],
      [[capability("one")], "an array"],
    ])("%o", (value, received) => {
      const list = [capability("first"), value];
      expect(() => Reflect.apply(installCapabilities, undefined, [list, makeTarget().target])).toThrow(
        coded(
          "PKT_CAPABILITY_INVALID",
          `capabilities[1] is ${received}, expected an object with a "name" and an "install" function. ` +
            "Call the factory: bodyJson(), not bodyJson.",
        ),
      );
    });
  });

  test("refuses a capability that is registered twice", () => {
    expect(() => installCapabilities([capability("one"), capability("one")], makeTarget().target)).toThrow(
      coded(
        "PKT_CAPABILITY_DUPLICATE",
        "Capability one is registered twice. Remove one of the two from capabilities.",
      ),
    );
  });

  test.each<[thrown: unknown, reason: string]>([
    [new TypeError("no licence key"), "no licence key"],
    ["a string", "a string"],
    [null, "null"],
  ])(
    "names the capability that failed to install when it throws %o, and keeps the cause",
    (thrown, reason) => {
      const failing = capability("broken", () => {
        throw thrown;
      });
      expect(() => installCapabilities([failing], makeTarget().target)).toThrow(
        expect.objectContaining({
          code: "PKT_CAPABILITY_INSTALL",
          message: `Capability broken failed to install: ${reason}`,
          cause: thrown,
        }),
      );
    },
  );

  test("passes a capability's own coded error on unchanged", () => {
    const error = new PacketronError("PKT_LICENCE_MISSING", "no licence key");
    const failing = capability("broken", () => {
      throw error;
    });
    expect(() => installCapabilities([failing], makeTarget().target)).toThrow(error);
  });

  test("refuses an asynchronous install(), whose claims would come too late", () => {
    const late = { name: "late", install: async () => undefined };
    expect(() => Reflect.apply(installCapabilities, undefined, [[late], makeTarget().target])).toThrow(
      coded("PKT_CAPABILITY_INSTALL", /^Capability late failed to install: install\(\) returned a promise/),
    );
  });
});

describe("a host after install() has returned", () => {
  test.each<[verb: string, call: (host: CapabilityHost) => void]>([
    ["flag", (host) => host.flag("handler", "MINE", 1 << 20)],
    ["serverOption", (host) => host.serverOption("mine", unused)],
    ["routeOption", (host) => host.routeOption("mine", unused)],
    [
      "bodyParser",
      (host) => host.bodyParser({ flag: 1 << 20, name: "MINE", mediaTypes: [], form: "text", parse: unused }),
    ],
    ["resolver", (host) => host.resolver(() => undefined)],
    ["extend", (host) => host.extend("server", "mine", unused)],
    ["lifecycle", (host) => host.lifecycle({})],
    ["provideShared", (host) => host.provideShared(host.shared())],
  ])("refuses %s(), naming the method and the capability", (verb, call) => {
    expect(() => call(installedHost())).toThrow(
      coded(
        "PKT_CAPABILITY_SEALED",
        `host.${verb}() was called by late after its install() had returned. ` +
          "Call it inside install(): what a capability claims is fixed from then on.",
      ),
    );
  });
});

describe("a method with invalid arguments", () => {
  const parser = { flag: 1 << 20, name: "MINE", mediaTypes: ["a/b"], form: "text", parse: unused };
  test.each<[verb: keyof CapabilityHost, args: readonly unknown[], received: string, expected: string]>([
    ["gate", [0, undefined], "undefined", "a function (request, response)"],
    ["gate", ["early", unused], '"early"', "a number such as GateOrder.EARLY as its order"],
    ["gate", [Number.NaN, unused], "NaN", "a number such as GateOrder.EARLY as its order"],
    ["around", [0, undefined], "undefined", "a function (request, response, next)"],
    ["around", [undefined, unused], "undefined", "a number such as GateOrder.EARLY as its order"],
    ["answering", ["header"], '"header"', "a function (request, response, answer)"],
    ["upgrade", [{ routePath: "a" }, unused], "undefined", 'a protocol such as "websocket" as its protocol'],
    ["upgrade", [{ protocol: "web socket" }, unused], '"web socket"', 'a protocol such as "websocket"'],
    ["upgrade", ["chat", unused], '"chat"', "an object such as { protocol:"],
    ["upgrade", [{ protocol: "websocket" }], "undefined", "a function (request, socket, head)"],
    ["settled", [{}], "an object", "a function (exchange)"],
    ["serverOption", ["mine", null], "null", "a function (value)"],
    ["serverOption", [7, unused], "7", "the name of the option"],
    ["routeOption", ["mine", {}], "an object", "a function (value, route)"],
    ["routeOption", ["mine", unused, 5], "5", "a function (value, given) for flags"],
    ["routeOption", ["", unused], '""', "the name of the option"],
    ["resolver", [undefined], "undefined", "a function (method, path)"],
    [
      "lifecycle",
      [undefined],
      "undefined",
      "an object with some of the functions starting, listening, draining",
    ],
    ["lifecycle", [{ starting: true }], "true", "a function as its starting"],
    ["extend", ["server", "mine", undefined], "undefined", "a method, or an object with a function get"],
    [
      "extend",
      ["server", "mine", { set: unused }],
      "an object",
      "a method, or an object with a function get",
    ],
    [
      "extend",
      ["socket", "mine", unused],
      '"socket"',
      "one of server, route, request, response as its target",
    ],
    ["extend", ["server", "", unused], '""', "the name of the member"],
    ["bodyParser", [undefined], "undefined", "an object such as { flag, name, mediaTypes, form, parse }"],
    ["bodyParser", [{ ...parser, name: undefined }], "undefined", "the name of its bit as its name"],
    [
      "bodyParser",
      [{ ...parser, mediaTypes: "a/b" }],
      '"a/b"',
      'a list such as ["application/json"] as its mediaTypes',
    ],
    [
      "bodyParser",
      [{ ...parser, mediaTypes: [1] }],
      "an array",
      'a list such as ["application/json"] as its mediaTypes',
    ],
    ["bodyParser", [{ ...parser, form: "json" }], '"json"', '"text", "bytes" or "stream" as its form'],
    ["bodyParser", [{ ...parser, parse: undefined }], "undefined", "a function as its parse"],
    ["bodyParser", [{ ...parser, form: "stream" }], "undefined", "a function as its open"],
    ["shared", ["machine"], '"machine"', '"program" or "everywhere" as its scope'],
    [
      "provideShared",
      [{ leases: {} }],
      "an object",
      "an object with scope, state, leases, bus, locks, store",
    ],
  ])("is refused: %s(%o)", (verb, args, received, expected) => {
    const careless = capability("careless", (host) => {
      const method: unknown = host[verb];
      if (typeof method === "function") Reflect.apply(method, host, args);
    });
    const message = `Option "host.${verb}() of careless": got ${received}, expected ${expected}`;
    expect(() => installCapabilities([careless], makeTarget().target)).toThrow(
      expect.objectContaining({
        code: "PKT_OPTION_INVALID",
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("host.extend", () => {
  /** Installs a capability that adds one member, and returns the object that has it. */
  function extend(target: ExtensionTarget, name: string, member: ExtensionMember): Record<string, unknown> {
    const made = makeTarget();
    installCapabilities([capability("one", (host) => host.extend(target, name, member))], made.target);
    return made.prototypes[target];
  }

  test("adds a method that programs can wrap on an instance, and that is not enumerable", () => {
    const method = (): number => 1;
    const target = extend("response", "sendTwice", method);
    expect(target["sendTwice"]).toBe(method);
    expect(Object.keys(target)).not.toContain("sendTwice");
    const instance: Record<string, unknown> = Object.create(target);
    instance["sendTwice"] = "wrapped";
    expect(instance["sendTwice"]).toBe("wrapped");
    expect(target["sendTwice"]).toBe(method);
  });

  test("adds a getter whose `this` is the object it is read from", () => {
    const target = extend("request", "size", {
      get(this: { length: number }) {
        return this.length * 2;
      },
    });
    expect(Object.assign(Object.create(target), { length: 21 }).size).toBe(42);
    expect(Object.keys(target)).toEqual([]);
  });

  test("refuses two capabilities that add one member, naming both", () => {
    const add = (host: CapabilityHost): void => host.extend("request", "user", unused);
    expect(() =>
      installCapabilities([capability("one", add), capability("two", add)], makeTarget().target),
    ).toThrow(
      coded(
        "PKT_CAPABILITY_CONFLICT",
        "two claims the member request.user, but one has it already. Install one of the two, or choose another name.",
      ),
    );
  });

  test("lets capabilities add the same name to different targets", () => {
    const { target, prototypes } = makeTarget();
    const one = capability("one", (host) => host.extend("request", "user", unused));
    const two = capability("two", (host) => host.extend("response", "user", unused));
    installCapabilities([one, two], target);
    expect(prototypes.request).toHaveProperty("user");
    expect(prototypes.response).toHaveProperty("user");
  });

  test.each<[target: ExtensionTarget, name: string]>([
    ["server", "handle"],
    ["route", "remove"],
    ["response", "end"],
    ["request", "toString"],
    ["request", "constructor"],
  ])("refuses to replace %s.%s, which exists already", (target, name) => {
    expect(() => extend(target, name, unused)).toThrow(
      coded(
        "PKT_CAPABILITY_CONFLICT",
        `one claims the member ${target}.${name}, but @packetron/core has it already. Install one of the two, or choose another name.`,
      ),
    );
  });
});
