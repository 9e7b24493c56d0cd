/** The public names, options, flags, members and events of the packages, which the table of features must list. */
import * as packetron from "../../../packetron/src/index.ts";
import type { Capability, CapabilityHost } from "../../src/capability/contract.ts";
import {
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronServerFlags,
} from "../../src/config/flags.ts";
import { coreRouteOptions, coreServerOptions } from "../../src/config/settings.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import * as core from "../../src/index.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { readPage } from "./_markdown.ts";
import { classMembers, interfaceMembers } from "./_members.ts";

/** The factory of every capability in this repository, by its name. */
const factories: Readonly<Record<string, () => Capability>> = {
  bodyJson: packetron.bodyJson,
  bodyText: packetron.bodyText,
  bodyXml: packetron.bodyXml,
  cors: packetron.cors,
  firewall: packetron.firewall,
  globalData: packetron.globalData,
  health: packetron.health,
  multipart: packetron.multipart,
  overload: packetron.overload,
  plugins: packetron.plugins,
  rateLimit: packetron.rateLimit,
  securityHeaders: packetron.securityHeaders,
  staticFiles: packetron.staticFiles,
};

const claims = recordClaims();

/** Sections of the table that must be complete: their headings, and the names that they must list. */
export const sections: Readonly<Record<string, readonly string[]>> = {
  Names: Object.keys(packetron),
  "Server options": [...coreServerOptions, ...claims.serverOptions],
  "Server flags": Object.keys(PacketronServerFlags),
  "Server members": [
    ...classMembers("packages/core/src/server/packetron.ts"),
    ...classMembers("packages/core/src/server/server-lifecycle.ts"),
    ...claims.members("server"),
  ],
  "Group members": classMembers("packages/core/src/routing/route-group.ts"),
  "Server events": interfaceMembers("packages/core/src/server/events.ts", "PacketronEvents"),
  "Route options": [...coreRouteOptions, ...claims.routeOptions],
  "Handler flags": Object.keys(PacketronHandlerFlags),
  "Route members": [...classMembers("packages/core/src/routing/route.ts"), ...claims.members("route")],
  Methods: Object.keys(PacketronRequestMethod),
  "Static files": [
    ...interfaceMembers("packages/static/src/options.ts", "ServeOptions"),
    ...interfaceMembers("packages/static/src/options.ts", "ServeFileOptions"),
    ...interfaceMembers("packages/static/src/options.ts", "ServingOptions"),
    ...interfaceMembers("packages/static/src/options.ts", "SendFileOptions"),
  ],
  "File flags": Object.keys(PacketronFileRouterFlags),
  "Request members": [...classMembers("packages/core/src/message/request.ts"), ...claims.members("request")],
  "Response members": [
    ...classMembers("packages/core/src/message/response.ts"),
    ...claims.members("response"),
  ],
  "Cookie options": interfaceMembers("packages/core/src/http/set-cookie.ts", "CookieOptions"),
  "Multipart options": [
    ...interfaceMembers("packages/multipart/src/options.ts", "MultipartLimits"),
    ...interfaceMembers("packages/multipart/src/options.ts", "MultipartOptions"),
  ],
  "Multipart events":
    readPage("packages/multipart/src/form/limit-events.ts").match(/(?<=")multipart-[a-z-]+(?=")/g) ?? [],
  Plugins: [
    ...classMembers("packages/plugins/src/plugin.ts"),
    ...classMembers("packages/plugins/src/plugin-manager.ts"),
    ...interfaceMembers("packages/plugins/src/plugin.ts", "PacketronPluginOptions"),
  ],
  "Plugin priorities": Object.keys(packetron.PacketronPluginPriority),
  "Options of capabilities": [
    ...interfaceMembers("packages/body-json/src/body-json.ts", "BodyJsonOptions"),
    ...interfaceMembers("packages/body-xml/src/body-xml.ts", "BodyXmlOptions"),
    ...interfaceMembers("packages/body-xml/src/limits.ts", "XmlLimits"),
    ...interfaceMembers("packages/global-data/src/global-data.ts", "GlobalDataOptions"),
    ...interfaceMembers("packages/static/src/options.ts", "StaticFilesOptions"),
  ],
  "Health options": interfaceMembers("packages/health/src/options.ts", "HealthOptions"),
  "CORS options": interfaceMembers("packages/cors/src/options.ts", "CorsOptions"),
  "Overload options": interfaceMembers("packages/overload/src/options.ts", "OverloadOptions"),
};

/** Functions that `packetron` exports besides core's and the factories above: factories whose claims are not checked. */
export function unknownFactories(): string[] {
  const known = new Set([...Object.keys(factories), ...Object.keys(core)]);
  return Object.entries(packetron)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name) && !known.has(name))
    .map(([name]) => name);
}

interface Claims {
  readonly serverOptions: readonly string[];
  readonly routeOptions: readonly string[];
  members(target: string): string[];
}

/** Installs every capability on a host that records its claims. */
function recordClaims(): Claims {
  const serverOptions: string[] = [];
  const routeOptions: string[] = [];
  const members: (readonly [target: string, name: string])[] = [];
  for (const create of Object.values(factories)) {
    const capability = create();
    const install = (host: CapabilityHost): void =>
      capability.install({
        ...host,
        serverOption: (key) => void serverOptions.push(key),
        routeOption: (key) => void routeOptions.push(key),
        extend: (target, name) => void members.push([target, name]),
      });
    new Packetron({ maxThreads: 1, capabilities: [{ name: capability.name, install }] });
  }
  return {
    serverOptions,
    routeOptions,
    members: (target) => members.filter(([of]) => of === target).map(([, name]) => name),
  };
}
