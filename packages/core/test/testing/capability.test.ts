import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import {
  type Capability,
  type CapabilityHost,
  GateOrder,
  PacketronRequest,
  type ServerOptions,
} from "../../src/index.ts";
import { type CapabilitySetup, capabilityConformance } from "../../src/testing/index.ts";
import { textParser } from "./_parsers.ts";

describe.each<readonly [claims: string, create: () => Capability, setup: CapabilitySetup]>([
  ["claims nothing", () => capability(() => {}), {}],
  ["claims a body parser", () => textParser(), {}],
  ["calls every method of the host once", () => capability(claimEverything), {}],
  ["answers every request itself", () => capability((host) => host.gate(GateOrder.EARLY, answerWith401)), {}],
  ["needs an option", () => capability(needSecret), { options: secretOptions() }],
])("a correct capability that %s passes every case", (_claims, create, setup) => {
  for (const { name, run } of capabilityConformance(create, setup)) test(name, run);
});

describe("a broken capability fails the case for its fault", () => {
  let installed = 0;

  afterEach(() => {
    installed = 0;
    Reflect.deleteProperty(PacketronRequest.prototype, "user");
  });

  const broken: readonly (readonly [fault: string, create: () => Capability, caughtBy: string])[] = [
    [
      "has a name that npm does not accept",
      () => ({ ...textParser(), name: "My Parser" }),
      "the capability has a name",
    ],
    [
      "installs asynchronously",
      () => capability(async (host) => nextTurn().then(() => host.flag("file", "X", 1 << 20))),
      "install() is synchronous",
    ],
    [
      "claims later",
      () => capability((host) => void setImmediate(() => host.lifecycle({}))),
      "install() is synchronous",
    ],
    [
      "installs on its first server only",
      () => capability((host) => void (installed++ === 0 && host.lifecycle({}))),
      "one capability makes the same claims on two servers",
    ],
    [
      "refuses a second server",
      () => capability(() => refuseSecond()),
      "one capability makes the same claims on two servers",
    ],
    [
      "patches a class of core",
      () => capability(patchRequest),
      "the installation does not change core's classes",
    ],
    [
      "has another name each time",
      () => ({ name: `sample-${installed++}`, install: () => {} }),
      "the same capability twice on one server",
    ],
    [
      "has a start hook that never ends",
      () => capability((host) => host.lifecycle({ starting: () => new Promise(() => {}) })),
      "a server with it starts",
    ],
    [
      "has an around that does not run the rest",
      () => capability((host) => host.around(GateOrder.LATE, () => {})),
      "each kind of answer",
    ],
    [
      "has an around that swallows errors",
      () => capability((host) => host.around(GateOrder.LATE, swallow)),
      "each kind of answer",
    ],
    [
      "has an around that runs the rest twice",
      () =>
        capability((host) => host.around(GateOrder.LATE, (_request, _response, next) => [next(), next()])),
      "each kind of answer",
    ],
    [
      "fails when it changes answers",
      () => capability((host) => host.answering(fail)),
      "each kind of answer",
    ],
    [
      "changes the length of answers",
      () =>
        capability((host) => host.answering((_request, response) => response.setHeader("Content-Length", 3))),
      "each kind of answer",
    ],
    [
      "gives answers to HEAD another form than those to GET",
      () =>
        capability((host) => host.answering((request) => (request.method === "HEAD" ? "head" : undefined))),
      "each kind of answer",
    ],
    ["fails when an exchange is over", () => capability((host) => host.settled(fail)), "each kind of answer"],
    [
      "has a gate that never settles",
      () => capability((host) => host.gate(GateOrder.EARLY, () => new Promise(() => {}))),
      "a server with it starts",
    ],
    [
      "fails every request",
      () => capability((host) => host.gate(GateOrder.EARLY, fail)),
      "a server with it starts",
    ],
    [
      "never lets the server stop",
      () => capability((host) => host.lifecycle({ stopped: () => new Promise(() => {}) })),
      "a server with it starts",
    ],
  ];

  test.each(broken)("a capability that %s", async (_fault, create, caughtBy) => {
    const cases = capabilityConformance(create, { timeoutMs: 300 }).filter(({ name }) =>
      name.startsWith(caughtBy),
    );
    expect(cases).toHaveLength(1);
    await expect(cases[0]?.run()).rejects.toThrow();
  });

  function refuseSecond(): void {
    if (installed++ > 0) throw new Error("installed already");
  }
});

test("the names of the cases are unique", () => {
  const names = capabilityConformance(() => textParser()).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

function capability(install: (host: CapabilityHost) => unknown): Capability {
  return { name: "sample-capability", install };
}

function claimEverything(host: CapabilityHost): void {
  host.flag("server", "SAMPLE_SERVER", 1 << 20);
  host.flag("handler", "SAMPLE_HANDLER", 1 << 21);
  host.flag("file", "SAMPLE_FILE", 1 << 22);
  host.serverOption("sampleServer", () => {});
  host.routeOption("sampleRoute", () => {});
  host.bodyParser({
    flag: 1 << 23,
    name: "SAMPLE_BODY",
    mediaTypes: ["a/b"],
    form: "text",
    parse: (input) => input,
  });
  host.gate(GateOrder.LATE, () => {});
  host.around(GateOrder.EARLY, (_request, _response, next) => next());
  host.answering((_request, response, { body }) => {
    response.setHeader("X-Sample", "yes");
    return body === null ? new PassThrough() : Buffer.from(body);
  });
  host.settled(() => {});
  host.upgrade({ protocol: "sample", routePath: "sample" }, (_request, socket) => socket.destroy());
  host.channel("sample");
  host.resolver(() => undefined);
  host.extend("request", "sampleMember", { get: () => 1 });
  host.lifecycle({
    starting: async () => {},
    listening: () => {},
    draining: () => {},
    stopped: async () => {},
  });
}

function needSecret(host: CapabilityHost): void {
  host.serverOption("sampleSecret", (value) => {
    if (typeof value !== "string") throw new TypeError("sampleSecret is missing");
  });
}

function secretOptions(): ServerOptions & { sampleSecret: string } {
  return { sampleSecret: "hunter2" };
}

const answerWith401: Parameters<CapabilityHost["gate"]>[1] = (_request, response) => {
  response.sendStatusCode(401);
  return true;
};

async function swallow(_request: unknown, _response: unknown, next: () => unknown): Promise<void> {
  try {
    await next();
  } catch {
    // the client waits
  }
}

function patchRequest(): void {
  Object.defineProperty(PacketronRequest.prototype, "user", { value: null, configurable: true });
}

function fail(): never {
  throw new Error("on purpose");
}
