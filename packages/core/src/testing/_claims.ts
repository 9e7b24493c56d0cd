/** Records the claims of a capability: a recording host passes each claim on to the real host. */
import type { BodyParser } from "../capability/body-parser.ts";
import type { Capability, CapabilityHost } from "../capability/contract.ts";
import type { FlagFamily } from "../config/flags.ts";
import type { ServerOptions } from "../config/options.ts";
import { Packetron } from "../server/packetron.ts";

/** One claim of a capability, and a function that repeats it. */
export interface Claim {
  /** The method of the host that was called. */
  readonly verb: keyof CapabilityHost;
  /** A stable name of the claimed thing: `"handler 1"`, `"route option plugins"`. */
  readonly what: string;
  /** Repeats the claim on another host. */
  readonly repeat: (host: CapabilityHost) => void;
  /** Whether only one capability may make the claim. `false` for methods that only add, such as `resolver()`. */
  readonly exclusive: boolean;
}

/** A claimed bit of a flag family. */
export interface FlagClaim {
  readonly family: FlagFamily;
  readonly bit: number;
}

/** All claims of one capability on one server. */
export interface Claims {
  /** The real host, which records nothing. A case makes claims on this host after `install()`, which must throw. */
  readonly host: CapabilityHost;
  /** The result of `install()`. */
  readonly returned: unknown;
  readonly all: readonly Claim[];
  readonly parsers: readonly BodyParser[];
  readonly flags: readonly FlagClaim[];
  readonly options: readonly { readonly of: "server" | "route"; readonly key: string }[];
}

/** Installs a capability on a server that never starts, and records its claims. */
export function recordClaims(capability: Capability, options: ServerOptions = {}): Claims {
  const notes: Notes = {
    host: null,
    returned: undefined,
    installed: false,
    all: [],
    parsers: [],
    flags: [],
    options: [],
  };
  const recording: Capability = {
    name: capability.name,
    install(original) {
      notes.host = original;
      notes.returned = capability.install(recordingHost(original, notes));
      notes.installed = true;
    },
  };
  new Packetron({ ...options, maxThreads: 1, port: 0, capabilities: [recording] });
  if (notes.host === null) throw new Error("the server did not install the capability");
  return { ...notes, host: notes.host };
}

interface Notes {
  host: CapabilityHost | null;
  returned: unknown;
  installed: boolean;
  readonly all: Claim[];
  readonly parsers: BodyParser[];
  readonly flags: FlagClaim[];
  readonly options: { readonly of: "server" | "route"; readonly key: string }[];
}

function recordingHost(host: CapabilityHost, notes: Notes): CapabilityHost {
  function note(verb: keyof CapabilityHost, what: string, exclusive: boolean, repeat: Claim["repeat"]): void {
    notes.all.push({ verb, what, exclusive, repeat });
    // A claim after install() is only recorded. Passed on, it would throw in a callback, as an uncaught exception.
    if (!notes.installed) repeat(host);
  }
  return {
    ...host,
    flag(family, name, bit) {
      note("flag", `${family} ${bit}`, true, (other) => other.flag(family, name, bit));
      notes.flags.push({ family, bit });
    },
    bodyParser(parser) {
      note("bodyParser", `handler ${parser.flag}`, true, (other) => other.bodyParser(parser));
      notes.flags.push({ family: "handler", bit: parser.flag });
      notes.parsers.push(parser);
    },
    serverOption(key, read) {
      note("serverOption", `server option ${key}`, true, (other) => other.serverOption(key, read));
      notes.options.push({ of: "server", key });
    },
    routeOption(key, read, implies) {
      note("routeOption", `route option ${key}`, true, (other) => other.routeOption(key, read, implies));
      notes.options.push({ of: "route", key });
    },
    extend(target, name, member) {
      note("extend", `${target}.${name}`, true, (other) => other.extend(target, name, member));
    },
    resolver(find) {
      note("resolver", "resolver", false, (other) => other.resolver(find));
    },
    provideShared(services) {
      note("provideShared", "shared services", true, (other) => other.provideShared(services));
    },
    lifecycle(hooks) {
      note("lifecycle", "lifecycle", false, (other) => other.lifecycle(hooks));
    },
  };
}
