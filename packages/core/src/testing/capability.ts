/** The suite that every capability has to pass. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Capability } from "../capability/contract.ts";
import type { ServerOptions } from "../config/options.ts";
import { isPacketronError } from "../errors/errors.ts";
import { PacketronRequestMethod } from "../http/methods.ts";
import { PacketronRequest } from "../message/request.ts";
import { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";
import { PacketronRoute } from "../routing/route.ts";
import type { RouteOptions } from "../routing/route-options.ts";
import { Packetron } from "../server/packetron.ts";
import { type Claims, recordClaims } from "./_claims.ts";
import { post } from "./_client.ts";
import { loopbackOptions } from "./_server.ts";
import { type ConformanceCase, PATIENCE, within } from "./conformance-case.ts";

/** What a capability's suite needs to know beside its factory. */
export interface CapabilitySetup {
  /** Options that a server with this capability needs; its port, threads and capabilities are the suite's. */
  readonly options?: ServerOptions;
  /**
   * How long a case waits for the server to start, answer or stop, in milliseconds.
   * @default 5000
   */
  readonly patience?: number;
}

/** The names that npm takes. */
const NPM_NAME = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/;

/**
 * The cases that a capability has to pass: it has a name, installs synchronously, on several servers and without a trace
 * outside them, claims nothing later, is refused twice, and its conflicts and absence are reported with names and cure.
 *
 * @param create Makes the capability; called anew for each case.
 * @example
 * import { capabilityConformance } from "@packetron/core/testing";
 * import { test } from "vitest"; // or from "node:test"
 *
 * for (const { name, run } of capabilityConformance(() => bodyJson())) test(name, run);
 */
export function capabilityConformance(
  create: () => Capability,
  { options = {}, patience = PATIENCE }: CapabilitySetup = {},
): readonly ConformanceCase[] {
  const record = (capability: Capability = create()): Claims => recordClaims(capability, options);
  return [
    {
      name: "the capability has a name that npm would take",
      run: async () => assert.match(create().name, NPM_NAME),
    },
    { name: "install() is synchronous, and claims nothing later", run: () => claimsAtOnce(record) },
    {
      name: "one capability installs on two servers alike",
      run: async () => installsAlike(create(), record),
    },
    { name: "installing leaves core's own classes as they are", run: async () => leavesNoTrace(record) },
    {
      name: "the same capability twice on one server is refused by its name",
      run: async () => {
        const twice = { ...options, maxThreads: 1, capabilities: [create(), create()] };
        assertRefused(() => new Packetron(twice), ["PKT_CAPABILITY_DUPLICATE"], [create().name]);
      },
    },
    {
      name: "another capability that claims the same is refused, naming both",
      run: async () => refusesRivals(create, record().all, options),
    },
    {
      name: "claims after install() are refused, naming the verb and the capability",
      run: async () => refusesLateClaims(create().name, record()),
    },
    {
      name: "where it is not installed, its flags and options are refused with a cure",
      run: async () => refusesAbsence(record()),
    },
    {
      name: "a server with it starts, answers a known path and an unknown one, and stops",
      run: () => serves(create(), options, patience),
    },
  ];
}

async function claimsAtOnce(record: () => Claims): Promise<void> {
  const { returned, all } = record();
  assert.ok(!isThenable(returned), "install() returned a promise, which nobody awaits");
  const atOnce = all.length;
  await nextTurn();
  assert.equal(all.length, atOnce, "the capability claimed more after install() had returned");
}

function installsAlike(capability: Capability, record: (capability: Capability) => Claims): void {
  const [first, second] = [record(capability), record(capability)];
  assert.deepEqual(
    second.all.map(({ what }) => what),
    first.all.map(({ what }) => what),
    "the second server did not get the same as the first",
  );
}

function leavesNoTrace(record: () => Claims): void {
  const prototypes = [Packetron, PacketronRequest, PacketronResponse, PacketronRoute].map(
    (each) => each.prototype,
  );
  const membersOf = (): unknown[] =>
    [...prototypes, Object.prototype].map((prototype) => Object.getOwnPropertyDescriptors(prototype));
  const before = membersOf();
  record();
  assert.deepEqual(
    membersOf(),
    before,
    "the capability changed a class of core; host.extend() adds to one server",
  );
}

function refusesRivals(create: () => Capability, all: Claims["all"], options: ServerOptions): void {
  const rivalName = "conformance-rival";
  for (const { repeat } of all.filter(({ exclusive }) => exclusive)) {
    const rival: Capability = { name: rivalName, install: (host) => repeat(host) };
    const both = { ...options, maxThreads: 1, capabilities: [create(), rival] };
    const codes = ["PKT_FLAG_CONFLICT", "PKT_CAPABILITY_CONFLICT"];
    assertRefused(() => new Packetron(both), codes, [create().name, rivalName]);
  }
}

function refusesLateClaims(name: string, { host, all }: Claims): void {
  const late = () => host.lifecycle({});
  assertRefused(late, ["PKT_CAPABILITY_SEALED"], ["lifecycle", name]);
  for (const { verb, repeat } of all)
    assertRefused(() => repeat(host), ["PKT_CAPABILITY_SEALED"], [verb, name]);
}

/** Flags of files are left out: nothing of core takes them. */
function refusesAbsence({ flags, options }: Claims): void {
  const bare = new Packetron({ maxThreads: 1 });
  const route: RouteOptions = { routePath: "/", handler: () => {} };
  const flagCodes = ["PKT_FLAG_UNCLAIMED", "PKT_FLAG_UNKNOWN"];
  for (const { family, bit } of flags) {
    if (family === "server") assertRefused(() => new Packetron({ maxThreads: 1, flags: bit }), flagCodes, []);
    if (family === "handler") assertRefused(() => bare.handle({ ...route, flags: bit }), flagCodes, []);
  }
  for (const { of, key } of options) {
    const use = () =>
      of === "server" ? new Packetron({ maxThreads: 1, [key]: 1 }) : bare.handle({ ...route, [key]: 1 });
    assertRefused(use, ["PKT_OPTION_UNKNOWN"], [key]);
  }
}

async function serves(capability: Capability, options: ServerOptions, patience: number): Promise<void> {
  const server = new Packetron({ ...options, ...loopbackOptions, capabilities: [capability] });
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "/",
    handler: (_request, response) => response.sendStatusCode(204),
  });
  try {
    await within(server.start(), patience, "the server did not start");
    for (const path of ["/", "/conformance/unknown"]) {
      const posting = { port: server.port, path, label: path, headers: {}, body: Buffer.alloc(0) };
      const status = await within(post(posting, "whole"), patience, `no answer came for ${path}`);
      // Which one is the capability's own affair: one that asks for a password answers 401 to both.
      assert.ok(status < 500, `${path} was answered with ${status}`);
    }
  } finally {
    await within(server.stop(), patience, "the server did not stop");
  }
}

/** Fails unless the call throws an error with one of the codes whose message holds all the words. */
function assertRefused(call: () => unknown, codes: readonly string[], words: readonly string[]): void {
  assert.throws(call, (error) => {
    assert.ok(
      isPacketronError(error) && codes.includes(error.code),
      `expected ${codes.join(" or ")}, got ${error}`,
    );
    for (const word of words)
      assert.ok(error.message.includes(word), `"${error.message}" does not name ${word}`);
    return true;
  });
}
