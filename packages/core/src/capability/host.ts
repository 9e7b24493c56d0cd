/** Makes the host, the object that `install()` of a capability gets. The registry records each claim with the name. */

import { coreError, isPacketronError } from "../errors/errors.ts";
import { withCallerStack } from "../errors/misuse.ts";
import { errorReason } from "../errors/narrow.ts";
import { showValue } from "../errors/show-value.ts";
import type { Answering } from "../message/answer-change.ts";
import type { Settlement } from "../message/settlement.ts";
import { isThenable } from "../node/thenable.ts";
import type { PacketronRoute } from "../routing/route.ts";
import type { Packetron } from "../server/packetron.ts";
import { assertArguments, type CheckedVerb } from "./arguments.ts";
import type {
  Around,
  Capability,
  CapabilityHost,
  Channel,
  ExtensionMember,
  ExtensionTarget,
  Gate,
  Take,
  UpgradeOptions,
} from "./contract.ts";
import { isPlaceholder } from "./placeholders.ts";
import type { Registry } from "./registry.ts";
import type { SharedScope, SharedServices } from "./shared-services.ts";

/** The parts of a server into which capabilities are installed: its registry, its classes, its routes and gates. */
export interface CapabilityTarget {
  readonly server: Packetron;
  readonly registry: Registry;
  /** The objects to which `extend()` adds members: the server itself, and the prototypes of its classes. */
  readonly prototypes: Readonly<Record<ExtensionTarget, object>>;
  /** Adds a gate to a route, or to the server when no route is given. Returns a function that removes the gate. */
  addGate(order: number, gate: Gate, route?: PacketronRoute, name?: string): () => void;
  /** Adds an around in the same way. */
  addAround(order: number, around: Around, route?: PacketronRoute): () => void;
  /** Adds a function for the answers of a route, or of the server when no route is given. Returns its removal. */
  addAnswering(change: Answering, route?: PacketronRoute): () => void;
  /** Adds a route whose clients leave HTTP for another protocol. */
  addUpgrade(options: UpgradeOptions, take: Take): PacketronRoute;
  /** Reports the exchanges of the server. */
  readonly settlement: Settlement;
  /** Opens a channel between the primary and the workers of the server. */
  openChannel<Message>(name: string): Channel<Message>;
  /** What the server shares with other processes. */
  readonly sharing: {
    services(scope: SharedScope): SharedServices;
    provide(owner: string, services: SharedServices): void;
  };
}

/**
 * Installs capabilities in order.
 *
 * @throws PKT_CAPABILITY_INVALID, PKT_CAPABILITY_DUPLICATE, and each Packetron error of an `install()`, such as
 *   PKT_CAPABILITY_CONFLICT or PKT_FLAG_CONFLICT. Any other error of an `install()` becomes the `cause` of a
 *   PKT_CAPABILITY_INSTALL.
 */
export function installCapabilities(capabilities: readonly Capability[], target: CapabilityTarget): void {
  const installed = new Set<string>();
  const extensions = new Map<string, string>();
  for (const [index, capability] of capabilities.entries()) {
    assertCapability(capability, index);
    const { name } = capability;
    if (installed.has(name)) throw coreError("PKT_CAPABILITY_DUPLICATE", { name });
    installed.add(name);
    const { host, seal } = createHost(name, target, extensions);
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
    const reason = errorReason(error);
    throw coreError("PKT_CAPABILITY_INSTALL", { name, reason }, error);
  }
  if (!isThenable(result)) return;
  result.then(undefined, () => undefined); // without this, a rejection would be reported beside the error below
  const reason =
    "install() returned a promise, but claims are made synchronously. Use lifecycle({ starting }) to wait.";
  throw coreError("PKT_CAPABILITY_INSTALL", { name, reason });
}

function createHost(
  name: string,
  target: CapabilityTarget,
  extensions: Map<string, string>,
): { host: CapabilityHost; seal(): void } {
  const { registry, server, prototypes } = target;
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
  // The functions do not use `this`, because capabilities destructure their host: `install({ gate, flag })`.
  const host: CapabilityHost = {
    server,
    settings: server.settings,
    log: server.log,
    gate: (order, gate, route, gateName) => {
      assertArguments(name, "gate", [order, gate]);
      registry.setOwner(name, gate);
      return target.addGate(order, gate, route, gateName);
    },
    around: (order, around, route) => {
      assertArguments(name, "around", [order, around]);
      registry.setOwner(name, around);
      return target.addAround(order, around, route);
    },
    answering: (change, route) => {
      assertArguments(name, "answering", [change]);
      return target.addAnswering(change, route);
    },
    settled: (listen) => {
      assertArguments(name, "settled", [listen]);
      return target.settlement.add(listen);
    },
    upgrade: (options, take) => {
      assertArguments(name, "upgrade", [options, take]);
      return target.addUpgrade(options, take);
    },
    channel: (channelName) => target.openChannel(channelName),
    shared: (scope = "everywhere") => {
      assertArguments(name, "shared", [scope]);
      return target.sharing.services(scope);
    },
    provideShared: whileInstalling("provideShared", (services) => target.sharing.provide(name, services)),
    flag: whileInstalling("flag", (family, flagName, bit) => registry.claimFlag(name, family, flagName, bit)),
    serverOption: whileInstalling("serverOption", (key, read) => registry.claimServerOption(name, key, read)),
    routeOption: whileInstalling("routeOption", (key, read, implies) =>
      registry.claimRouteOption(name, key, read, implies),
    ),
    bodyParser: whileInstalling("bodyParser", (parser) => registry.claimBodyParser(name, parser)),
    resolver: whileInstalling("resolver", (find) => {
      registry.setOwner(name, find);
      registry.resolvers.push(find);
    }),
    lifecycle: whileInstalling("lifecycle", (hooks) => registry.lifecycle.push(hooks)),
    extend: whileInstalling("extend", (of, member, value) => {
      claimMember(name, of, member, prototypes[of], extensions);
      defineMember(prototypes[of], member, isMethodOfProgram(of, value) ? withCallerStack(value) : value);
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

/**
 * Claims the name of a new member. A capability cannot replace members of core and Node: users could not tell why
 * `response.end()` behaves differently on this server.
 */
function claimMember(
  owner: string,
  target: ExtensionTarget,
  member: string,
  object: object,
  extensions: Map<string, string>,
): void {
  const name = `${target}.${member}`;
  const first = extensions.get(name) ?? "@packetron/core";
  if (member in object && !isPlaceholder(object, member))
    throw coreError("PKT_CAPABILITY_CONFLICT", { first, second: owner, what: `member ${name}` });
  extensions.set(name, owner);
}

/**
 * Whether programs call a member while they register routes. A member of requests and responses is called for each
 * request, and so it has no wrapper.
 */
function isMethodOfProgram(
  target: ExtensionTarget,
  member: ExtensionMember,
): member is Extract<ExtensionMember, (...args: never[]) => unknown> {
  return (target === "server" || target === "route") && typeof member === "function";
}

/**
 * Defines a member as writable and configurable, like the methods of a class, so that users can wrap it on an instance.
 */
function defineMember(target: object, name: string, member: ExtensionMember): void {
  const descriptor = typeof member === "function" ? { value: member, writable: true } : { get: member.get };
  Object.defineProperty(target, name, { ...descriptor, configurable: true, enumerable: false });
}
