/**
 * The packages that add flags, options and members to a server. An error about a name that is not there says what to
 * install. A test compares this table with what the packages claim.
 */
import type { ExtensionTarget } from "../capability/contract.ts";

/** What a package adds, as far as errors of core name it. */
interface Additions {
  /** The function that makes the capability. */
  readonly factory: string;
  /** Flags of routes that core reserves for the package. */
  readonly flags?: readonly string[];
  readonly serverFlags?: readonly string[];
  /** Options of servers and of routes. */
  readonly options?: readonly string[];
  /** Methods, written `name()`, and getters. */
  readonly members?: Readonly<Partial<Record<ExtensionTarget, readonly string[]>>>;
}

const packages: Readonly<Record<string, Additions>> = {
  "@packetron/body-json": { factory: "bodyJson", flags: ["JSON_BODY"] },
  "@packetron/body-text": { factory: "bodyText", flags: ["PLAIN_TEXT_BODY"] },
  "@packetron/body-xml": { factory: "bodyXml", flags: ["XML_BODY"] },
  "@packetron/compress": { factory: "compress", options: ["compress"] },
  "@packetron/cors": { factory: "cors", options: ["cors"] },
  "@packetron/firewall": { factory: "firewall", serverFlags: ["OPEN_FIREWALL"] },
  "@packetron/global-data": {
    factory: "globalData",
    options: ["globalDataNamespace", "globalDataDurability"],
    members: { server: ["setGlobalData()", "getGlobalData()", "updateGlobalData()", "deleteGlobalData()"] },
  },
  "@packetron/health": { factory: "health", options: ["health"] },
  "@packetron/metrics": { factory: "metrics", options: ["metrics"], members: { server: ["metrics"] } },
  "@packetron/multipart": {
    factory: "multipart",
    flags: [
      "FORM_DATA",
      "MULTIPART_FORM_DATA",
      "FILE_UPLOAD",
      "REJECT_ON_LIMIT",
      "DELETE_FILES_AFTER_RESPONSE",
    ],
    options: ["multipartOptions"],
  },
  "@packetron/openapi": {
    factory: "openapi",
    options: ["openapi", "docs"],
    members: { server: ["openapi()"] },
  },
  "@packetron/overload": { factory: "overload", options: ["overload"] },
  "@packetron/plugins": {
    factory: "plugins",
    flags: ["LOCAL_PLUGINS_ONLY"],
    options: ["plugins"],
    members: { server: ["globalPlugins", "insertGlobalPlugin()"], route: ["plugins"] },
  },
  "@packetron/ratelimit": {
    factory: "rateLimit",
    options: ["rateLimit", "rateLimitScope", "maxRequestsPerSecond"],
  },
  "@packetron/security-headers": { factory: "securityHeaders", options: ["securityHeaders"] },
  "@packetron/static": {
    factory: "staticFiles",
    members: {
      server: ["serve()", "serveFile()", "unserve()"],
      response: ["sendFile()", "downloadFile()"],
    },
  },
  "@packetron/validate": { factory: "validate", options: ["schema"] },
  "@packetron/websocket": { factory: "webSocket", members: { server: ["webSocket()", "publish()"] } },
  "@packetron/stream": {
    factory: "stream",
    members: { request: ["lastEventId"], response: ["sendStream()", "sendLines()", "sendEvents()"] },
  },
};

/** Options of packages that only servers have, or only routes. */
const places: Readonly<Record<string, "server" | "route">> = {
  docs: "route",
  globalDataDurability: "server",
  globalDataNamespace: "server",
  health: "server",
  maxRequestsPerSecond: "route",
  multipartOptions: "route",
  openapi: "server",
  overload: "server",
  rateLimitScope: "server",
  schema: "route",
};

/** Where an option of a package belongs; `undefined` for one that servers and routes have. */
export function placeOfOption(option: string): "server" | "route" | undefined {
  return Object.hasOwn(places, option) ? places[option] : undefined;
}

/** A member of a package. */
export interface KnownMember {
  /** `"serve()"` for a method, `"globalPlugins"` for a getter. */
  readonly member: string;
  readonly owner: string;
}

const names = Object.keys(packages);

/** The options of packages that core does not read. */
export const packageOptions: readonly string[] = names.flatMap((name) => packages[name]?.options ?? []);

/** The members that packages add to an object. */
export function packageMembers(target: ExtensionTarget): readonly KnownMember[] {
  return names.flatMap((owner) =>
    (packages[owner]?.members?.[target] ?? []).map((member) => ({ member, owner })),
  );
}

/** The package that implements a reserved flag. @packetron/static implements every flag of served files. */
export function packageOfFlag(family: string, flag: string): string {
  const key = family === "server" ? "serverFlags" : "flags";
  const owner = family === "file" ? undefined : names.find((name) => packages[name]?.[key]?.includes(flag));
  return owner ?? "@packetron/static";
}

/** The package that reads an option, or `undefined` for an option of no package. */
export function packageOfOption(option: string): string | undefined {
  return names.find((name) => packages[name]?.options?.includes(option));
}

/** The call that makes a package's capability: `factoryCall("@packetron/body-json")` is `"bodyJson()"`. */
export function factoryCall(packageName: string): string {
  return `${packages[packageName]?.factory ?? packageName}()`;
}
