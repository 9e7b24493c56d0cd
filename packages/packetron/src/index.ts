/**
 * The public names of packetron: all of @packetron/core, with a `Packetron` of its own, and the factory of every
 * capability.
 *
 * @module
 */

// The server, with every capability registered
export { Packetron } from "./packetron.ts";

// Core. Exported with `*`, so that `declare module "packetron"` adds members to the types of core. TypeScript would merge
// the members into a copy of a class that is exported by name. The table of features lists every name that is public.
// biome-ignore lint/performance/noReExportAll: see above
export * from "@packetron/core";

// The capabilities
export { type BodyJsonOptions, bodyJson, type Poisoning } from "@packetron/body-json";
export { bodyText } from "@packetron/body-text";
export { type BodyXmlOptions, bodyXml, type XmlLimits } from "@packetron/body-xml";
export { type CorsOptions, cors, type OriginFunction } from "@packetron/cors";
export { type FirewallErrorCode, firewall, firewallErrorCodes } from "@packetron/firewall";
export {
  type Durability,
  type GlobalDataErrorCode,
  type GlobalDataOptions,
  globalData,
  globalDataErrorCodes,
} from "@packetron/global-data";
export { type HealthOptions, health, type ReadinessCheck } from "@packetron/health";
export {
  type CutFile,
  type FileHook,
  type FileInfo,
  type MultipartErrorCode,
  type MultipartLimits,
  type MultipartOptions,
  multipart,
  multipartErrorCodes,
  type StoredFile,
  type UploadedFile,
} from "@packetron/multipart";
export {
  type OverloadErrorCode,
  type OverloadOptions,
  overload,
  overloadErrorCodes,
} from "@packetron/overload";
export {
  PacketronPlugin,
  type PacketronPluginManager,
  type PacketronPluginOptions,
  PacketronPluginPriority,
  type PluginErrorCode,
  type PluginHandler,
  pluginErrorCodes,
  plugins,
} from "@packetron/plugins";
export { type RateLimitErrorCode, rateLimit, rateLimitErrorCodes } from "@packetron/ratelimit";
export { type SecurityHeadersOptions, securityHeaders } from "@packetron/security-headers";
export {
  type CacheControl,
  PacketronConstants,
  type SendFileOptions,
  type ServeFileOptions,
  type ServeOptions,
  type ServingOptions,
  type SetHeaders,
  type StaticErrorCode,
  type StaticFilesOptions,
  staticErrorCodes,
  staticFiles,
  type UnserveOptions,
} from "@packetron/static";
