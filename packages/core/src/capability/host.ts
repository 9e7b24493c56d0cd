/** The host that one capability talks to: its verbs write into the registry under the capability's name. */

import { coreError, isPacketronError } from "../errors/errors.ts";
import { showValue } from "../errors/show-value.ts";
import { prepareAnswer } from "../message/prepared-answer.ts";
import { isThenable } from "../node/thenable.ts";
import { assertArguments, type CheckedVerb } from "./arguments.ts";
import type { Capability, CapabilityHost, ExtensionMember, ExtensionTarget } from "./contract.ts";
import type { Registry } from "./registry.ts";

/** What a host passes on as it is. */
export type HostParts = Pick<
  CapabilityHost,
  "server" | "settings" | "log" | "gate" | "route" | "isAnswered" | "fail" | "channel"
> & {
  readonly registry: Registry;
  /** The object that gets the members of each target. */
  readonly targets: Readonly<Record<ExtensionTarget, object>>;
};

/**
 * Installs capabilities in order.
 *
 * @throws PKT_CAPABILITY_INVALID, PKT_CAPABILITY_DUPLICATE, PKT_CAPABILITY_CONFLICT, PKT_FLAG_CONFLICT; any other error
 *   of an `install()` as PKT_CAPABILITY_INSTALL with its cause.
 */
export function installCapabilities(capabilities: readonly Capability[], parts: HostParts): void {
  const installed = new Set<string>();
  const extensions = new Map<string, string>();
  for (const [index, capability] of capabilities.entries()) {
    assertCapability(capability, index);
    const { name } = capability;
    if (installed.has(name)) throw coreError("PKT_CAPABILITY_DUPLICATE", { name });
    installed.add(name);
    const { host, seal } = createHost(name, parts, extensions);
    install(capability, host);
    seal();
  }
}

function install(capability: Capability, host: CapabilityHost): void {
  const { name } = capability;
  let result: unknown;
  try {
    result = capability.install(host);
  } catch (error) {
    if (isPacketronError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw coreError("PKT_CAPABILITY_INSTALL", { name, reason }, error);
  }
  if (!isThenable(result)) return;
  result.then(undefined, () => undefined); // its own failure would be an unhandled rejection beside this one
  const reason =
    "install() returned a promise, but claims are made synchronously. Use lifecycle({ starting }) to wait.";
  throw coreError("PKT_CAPABILITY_INSTALL", { name, reason });
}

function createHost(
  name: string,
  parts: HostParts,
  extensions: Map<string, string>,
): { host: CapabilityHost; seal(): void } {
  const { registry, server, settings, log, gate, route, channel } = parts;
  let sealed = false;
  function whileInstalling<Args extends readonly unknown[]>(
    verb: CheckedVerb | "flag",
    claim: (...args: Args) => void,
  ): (...args: Args) => void {
    return (...args) => {
      if (sealed) throw coreError("PKT_CAPABILITY_SEALED", { verb, name });
      if (verb !== "flag") assertArguments(name, verb, args);
      claim(...args);
    };
  }
  const host: CapabilityHost = {
    server,
    settings,
    log,
    gate: (...args) => {
      assertArguments(name, "gate", args);
      registry.own(name, args[1]);
      return gate(...args);
    },
    route,
    isAnswered: parts.isAnswered,
    fail: parts.fail,
    prepareAnswer,
    field: (request, headerName) => request.field(headerName),
    channel,
    assertFlags: (family, flags) => registry.assertFlags(family, flags),
    flag: whileInstalling("flag", (family, flagName, bit) => registry.claimFlag(name, family, flagName, bit)),
    serverOption: whileInstalling("serverOption", (key, read) => registry.claimServerOption(name, key, read)),
    routeOption: whileInstalling("routeOption", (key, read) => registry.claimRouteOption(name, key, read)),
    bodyParser: whileInstalling("bodyParser", (parser) => registry.claimBodyParser(name, parser)),
    resolver: whileInstalling("resolver", (find) => {
      registry.own(name, find);
      registry.resolvers.push(find);
    }),
    lifecycle: whileInstalling("lifecycle", (hooks) => registry.lifecycle.push(hooks)),
    extend: whileInstalling("extend", (target, member, value) => {
      claimMember(name, target, member, parts.targets[target], extensions);
      defineMember(parts.targets[target], member, value);
    }),
  };
  return {
    host,
    seal() {
      sealed = true;
    },
  };
}

function assertCapability(capability: unknown, index: number): asserts capability is Capability {
  const fits =
    typeof capability === "object" &&
    capability !== null &&
    "name" in capability &&
    typeof capability.name === "string" &&
    capability.name !== "" &&
    "install" in capability &&
    typeof capability.install === "function";
  if (!fits) throw coreError("PKT_CAPABILITY_INVALID", { index, received: showValue(capability) });
}

/** Core's and Node's own members stay: nobody could tell why `response.end()` behaves differently here. */
function claimMember(
  owner: string,
  target: ExtensionTarget,
  member: string,
  object: object,
  extensions: Map<string, string>,
): void {
  const name = `${target}.${member}`;
  const first = extensions.get(name) ?? "@packetron/core";
  if (member in object)
    throw coreError("PKT_CAPABILITY_CONFLICT", { first, second: owner, what: `member ${name}` });
  extensions.set(name, owner);
}

/** Writable and configurable like a class's own methods, so that users can wrap it on an instance. */
function defineMember(target: object, name: string, member: ExtensionMember): void {
  const descriptor = typeof member === "function" ? { value: member, writable: true } : { get: member.get };
  Object.defineProperty(target, name, { ...descriptor, configurable: true, enumerable: false });
}
