/** The conformance suite of capabilities. */
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
import { keepsAnswers } from "./_answer-kinds.ts";
import { type Claims, recordClaims } from "./_claims.ts";
import { post } from "./_client.ts";
import { loopbackOptions } from "./_server.ts";
import { type ConformanceCase, DEFAULT_TIMEOUT_MS, within } from "./conformance-case.ts";

/** The optional setup of a suite for one capability. */
export interface CapabilitySetup {
  /** Server options that the capability needs. The suite itself sets port, threads and capabilities. */
  readonly options?: ServerOptions;
  /** Options of the suite's routes, by which the capability acts on them: `{ cacheFor: 60 }`. */
  readonly routeOptions?: Omit<RouteOptions, "handler" | "method" | "routePath">;
  /**
   * How long a case waits for the server to start, answer or stop, in milliseconds.
   * @default 5000
   */
  readonly timeoutMs?: number;
}

/** The package names that npm accepts. */
const NPM_NAME = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/;

/**
 * The cases that a capability must pass. It has a valid name and installs synchronously. It can be installed on several
 * servers without a change to core's classes. It makes no claims after `install()`. What it does around requests and with
 * answers leaves each answer in its correct form. Duplicates, conflicts and a missing
 * installation are reported with the names involved and a hint.
 *
 * @param create Makes the capability. Called once for each case.
 * @example
 * import { capabilityConformance } from "@packetron/core/testing";
 * import { test } from "vitest"; // or from "node:test"
 *
 * for (const { name, run } of capabilityConformance(() => bodyJson())) test(name, run);
 */
export function capabilityConformance(
  create: () => Capability,
  { options = {}, routeOptions = {}, timeoutMs = DEFAULT_TIMEOUT_MS }: CapabilitySetup = {},
): readonly ConformanceCase[] {
  const record = (capability: Capability = create()): Claims => recordClaims(capability, options);
  return [
    {
      name: "the capability has a name that npm accepts",
      run: async () => assert.match(create().name, NPM_NAME),
    },
    { name: "install() is synchronous, and makes no claims later", run: () => claimsAtOnce(record) },
    {
      name: "one capability makes the same claims on two servers",
      run: async () => installsAlike(create(), record),
    },
    { name: "the installation does not change core's classes", run: async () => leavesNoTrace(record) },
    {
      name: "the same capability twice on one server is refused with its name",
      run: async () => {
        const twice = { ...options, maxThreads: 1, capabilities: [create(), create()] };
        assertRefused(() => new Packetron(twice), ["PKT_CAPABILITY_DUPLICATE"], [create().name]);
      },
    },
    {
      name: "another capability with the same claim is refused with both names",
      run: async () => refusesRivals(create, record().all, options),
    },
    {
      name: "claims after install() are refused with the method and the capability",
      run: async () => refusesLateClaims(create().name, record()),
    },
    {
      name: "without the capability, its flags and options are refused with a hint",
      run: async () => refusesAbsence(record()),
    },
    {
      name: "a server with it starts, answers a known path and an unknown one, and stops",
      run: () => serves(create(), options, timeoutMs),
    },
    {
      name: "each kind of answer is given, in its correct form, and the server logs no failure",
      run: () => keepsAnswers(create(), { options, routeOptions, timeoutMs }),
    },
  ];
}

async function claimsAtOnce(record: () => Claims): Promise<void> {
  const { returned, all } = record();
  assert.ok(!isThenable(returned), "install() returned a promise, which the server does not await");
  const atOnce = all.length;
  await nextTurn();
  assert.equal(all.length, atOnce, "the capability claimed more after install() had returned");
}

function installsAlike(capability: Capability, record: (capability: Capability) => Claims): void {
  const [first, second] = [record(capability), record(capability)];
  assert.deepEqual(
    second.all.map(({ what }) => what),
    first.all.map(({ what }) => what),
    "the claims on the second server differ from those on the first",
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
    "the capability changed a class of core; use host.extend() to add members to one server",
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

/**
 * Asserts that a server without the capability refuses its flags and options; file flags, which no route takes, aside.
 */
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

async function serves(capability: Capability, options: ServerOptions, timeoutMs: number): Promise<void> {
  const server = new Packetron({ ...options, ...loopbackOptions, capabilities: [capability] });
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "/",
    handler: (_request, response) => response.sendStatusCode(204),
  });
  try {
    await within(server.start(), timeoutMs, "the server did not start");
    for (const path of ["/", "/conformance/unknown"]) {
      const posting = { port: server.port, path, label: path, headers: {}, body: Buffer.alloc(0) };
      const status = await within(post(posting, "whole"), timeoutMs, `the server did not answer ${path}`);
      // Any status below 500 is valid: a capability that requires a password answers 401, for example.
      assert.ok(status < 500, `${path} was answered with ${status}`);
    }
  } finally {
    await within(server.stop(), timeoutMs, "the server did not stop");
  }
}

/** Asserts that a call throws an error with one of the codes, and with all the words in its message. */
function assertRefused(call: () => unknown, codes: readonly string[], words: readonly string[]): void {
  assert.throws(call, (error) => {
    assert.ok(
      isPacketronError(error) && codes.includes(error.code),
      `expected ${codes.join(" or ")}, got ${error}`,
    );
    for (const word of words)
      assert.ok(error.message.includes(word), `"${error.message}" does not contain ${word}`);
    return true;
  });
}
