/** The host that one capability talks to: its verbs write into the registry under the capability's name. */
import type { Capability, CapabilityHost, ExtensionMember, ExtensionTarget } from "./capability.ts";
import { coreError, isPacketronError } from "./errors.ts";
import { showValue } from "./settings.ts";
import type { Registry } from "./registry.ts";

/** What a host passes on as it is. */
export type HostParts = Pick<CapabilityHost, "server" | "settings" | "log" | "gate" | "route" | "channel"> & {
  readonly registry: Registry;
  /** The object that gets the members of each target. */
  readonly targets: Readonly<Record<ExtensionTarget, object>>;
};

/**
 * Installs capabilities in order.
 *
 * @throws PKT_CAPABILITY_INVALID, PKT_CAPABILITY_DUPLICATE, PKT_CAPABILITY_CLAIMED, PKT_FLAG_CONFLICT; any other error
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
    try {
      capability.install(host);
    } catch (error) {
      if (isPacketronError(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw coreError("PKT_CAPABILITY_INSTALL", { name, reason }, error);
    }
    seal();
  }
}

function createHost(name: string, parts: HostParts, extensions: Map<string, string>): { host: CapabilityHost; seal(): void } {
  const { registry, server, settings, log, gate, route, channel } = parts;
  let sealed = false;
  function whileInstalling<Args extends readonly unknown[]>(verb: string, claim: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      if (sealed) throw coreError("PKT_CAPABILITY_SEALED", { verb, name });
      claim(...args);
    };
  }
  const host: CapabilityHost = {
    server,
    settings,
    log,
    gate,
    route,
    channel,
    assertFlags: (family, flags) => registry.assertFlags(family, flags),
    flag: whileInstalling("flag", (family, flagName, bit) => registry.claimFlag(name, family, flagName, bit)),
    serverOption: whileInstalling("serverOption", (key, read) => registry.claimServerOption(name, key, read)),
    routeOption: whileInstalling("routeOption", (key, read) => registry.claimRouteOption(name, key, read)),
    bodyParser: whileInstalling("bodyParser", (parser) => registry.claimBodyParser(name, parser)),
    resolver: whileInstalling("resolver", (find) => registry.resolvers.push(find)),
    lifecycle: whileInstalling("lifecycle", (hooks) => registry.lifecycle.push(hooks)),
    extend: whileInstalling("extend", (target, member, value) => {
      claimExtension(name, `${target}.${member}`, extensions);
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
    "install" in capability &&
    typeof capability.install === "function";
  if (!fits) throw coreError("PKT_CAPABILITY_INVALID", { index, received: showValue(capability) });
}

function claimExtension(owner: string, what: string, extensions: Map<string, string>): void {
  const first = extensions.get(what);
  if (first !== undefined) throw coreError("PKT_CAPABILITY_CLAIMED", { first, second: owner, what: `member ${what}` });
  extensions.set(what, owner);
}

/** Writable and configurable like a class's own methods, so that users can wrap it on an instance. */
function defineMember(target: object, name: string, member: ExtensionMember): void {
  const descriptor = typeof member === "function" ? { value: member, writable: true } : { get: member.get };
  Object.defineProperty(target, name, { ...descriptor, configurable: true, enumerable: false });
}
