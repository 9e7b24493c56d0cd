/** The public names, options, flags, members and events of the packages, which the table of features must list. */
import * as packetron from "../../../packetron/src/index.ts";
import * as redis from "../../../redis/src/index.ts";
import type { ExtensionTarget } from "../../src/capability/contract.ts";
import {
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronServerFlags,
} from "../../src/config/flags.ts";
import { coreRouteOptions, coreServerOptions } from "../../src/config/settings.ts";
import { PacketronRequestMethod } from "../../src/http/methods.ts";
import { capabilityPackages } from "../_capabilities.ts";
import { readPage } from "./_markdown.ts";
import { classMembers, interfaceMembers } from "./_members.ts";

const claims = capabilityPackages.map((candidate) => candidate.claims);
const serverOptions = claims.flatMap((claim) => claim.serverOptions);
const routeOptions = claims.flatMap((claim) => claim.routeOptions);

/** Sections of the table that must be complete: their headings, and the names that they must list. */
export const sections: Readonly<Record<string, readonly string[]>> = {
  Names: [...Object.keys(packetron), ...Object.keys(redis)],
  "Server options": [...coreServerOptions, ...serverOptions],
  "Server flags": Object.keys(PacketronServerFlags),
  "Server members": [
    ...classMembers("packages/core/src/server/packetron.ts"),
    ...classMembers("packages/core/src/server/server-lifecycle.ts"),
    ...membersOf("server"),
  ],
  "Group members": classMembers("packages/core/src/routing/route-group.ts"),
  "Server events": interfaceMembers("packages/core/src/server/events.ts", "PacketronEvents"),
  "Route options": [...coreRouteOptions, ...routeOptions],
  "Handler flags": Object.keys(PacketronHandlerFlags),
  "Route members": [...classMembers("packages/core/src/routing/route.ts"), ...membersOf("route")],
  Methods: Object.keys(PacketronRequestMethod),
  "Static files": [
    ...interfaceMembers("packages/static/src/options.ts", "ServeOptions"),
    ...interfaceMembers("packages/static/src/options.ts", "ServeFileOptions"),
    ...interfaceMembers("packages/static/src/options.ts", "ServingOptions"),
    ...interfaceMembers("packages/static/src/options.ts", "SendFileOptions"),
  ],
  "File flags": Object.keys(PacketronFileRouterFlags),
  "Request members": [...classMembers("packages/core/src/message/request.ts"), ...membersOf("request")],
  "Response members": [...classMembers("packages/core/src/message/response.ts"), ...membersOf("response")],
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
  "Compress options": interfaceMembers("packages/compress/src/options.ts", "CompressOptions"),
  "OpenAPI options": interfaceMembers("packages/openapi/src/options.ts", "OpenapiOptions"),
  "Docs options": interfaceMembers("packages/openapi/src/options.ts", "DocsOptions"),
  "CORS options": interfaceMembers("packages/cors/src/options.ts", "CorsOptions"),
  "Rate limit options": interfaceMembers("packages/ratelimit/src/options.ts", "RateLimitOptions"),
  "Metrics options": interfaceMembers("packages/metrics/src/options.ts", "MetricsOptions"),
  "Redis options": interfaceMembers("packages/redis/src/options.ts", "RedisOptions"),
  "Overload options": interfaceMembers("packages/overload/src/options.ts", "OverloadOptions"),
};

/** The members that the capabilities add to an object. */
function membersOf(target: ExtensionTarget): string[] {
  return claims
    .flatMap(({ members }) => members.filter((member) => member.target === target))
    .map(({ name }) => name);
}
