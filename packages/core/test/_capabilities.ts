/** The capabilities of this repository, from the field `packetron` of their manifests, and what each one claims. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as packetron from "../../packetron/src/index.ts";
import type { Capability, CapabilityHost, ExtensionTarget } from "../src/capability/contract.ts";
import type { FlagFamily } from "../src/config/flags.ts";
import { Packetron } from "../src/server/packetron.ts";

/** A package with a capability, and the names that it claims. */
export interface CapabilityPackage {
  /** The name of the folder: `"body-json"`. */
  readonly folder: string;
  /** The npm name: `"@packetron/body-json"`. */
  readonly name: string;
  /** The name of the function that makes the capability: `"bodyJson"`. */
  readonly factory: string;
  readonly create: () => Capability;
  readonly claims: Claims;
}

interface Claims {
  readonly flags: readonly { readonly family: FlagFamily; readonly name: string; readonly bit: number }[];
  readonly serverOptions: readonly string[];
  readonly routeOptions: readonly string[];
  readonly members: readonly { readonly target: ExtensionTarget; readonly name: string }[];
}

const packagesFolder = join(import.meta.dirname, "../..");

/** Every package with a capability that the package `packetron` has, sorted by folder. */
export const capabilityPackages: readonly CapabilityPackage[] = readdirSync(packagesFolder)
  .filter((folder) => existsSync(join(packagesFolder, folder, "package.json")))
  .toSorted()
  .flatMap(readCapability);

function readCapability(folder: string): CapabilityPackage[] {
  const manifest: {
    readonly name: string;
    readonly packetron?: { readonly factory: string; readonly beside?: boolean };
  } = JSON.parse(readFileSync(join(packagesFolder, folder, "package.json"), "utf8"));
  const { name, packetron: field } = manifest;
  if (field === undefined || field.beside === true) return [];
  const create = findFactory(name, field.factory);
  return [{ folder, name, factory: field.factory, create, claims: recordClaims(create()) }];
}

function findFactory(name: string, factory: string): () => Capability {
  const create: unknown = Reflect.get(packetron, factory);
  if (!isFactory(create))
    throw new Error(`packages/packetron/src/packetron.ts exports no ${factory}() of ${name}`);
  return create;
}

function isFactory(value: unknown): value is () => Capability {
  return typeof value === "function";
}

/** Installs a capability on a host that records its claims. */
function recordClaims(capability: Capability): Claims {
  const flags: { family: FlagFamily; name: string; bit: number }[] = [];
  const serverOptions: string[] = [];
  const routeOptions: string[] = [];
  const members: { target: ExtensionTarget; name: string }[] = [];
  const install = (host: CapabilityHost): void =>
    capability.install({
      ...host,
      bodyParser: ({ name, flag }) => void flags.push({ family: "handler", name, bit: flag }),
      flag: (family, name, bit) => void flags.push({ family, name, bit }),
      serverOption: (key) => void serverOptions.push(key),
      routeOption: (key) => void routeOptions.push(key),
      extend: (target, name) => void members.push({ target, name }),
    });
  new Packetron({ maxThreads: 1, capabilities: [{ name: capability.name, install }] });
  return { flags, serverOptions, routeOptions, members };
}
