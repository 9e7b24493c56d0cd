/**
 * The public names of packetron: all of @packetron/core, with its own `Packetron`, and the factory of every capability.
 * Written out, so that a new name in core is a decision here.
 *
 * @module
 */

// The capabilities
export { type BodyJsonOptions, bodyJson, type Poisoning } from "@packetron/body-json";
export { bodyText } from "@packetron/body-text";
export { type BodyXmlOptions, bodyXml, type XmlLimits } from "@packetron/body-xml";
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
export { type OverloadOptions, overload } from "@packetron/overload";
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
export { rateLimit } from "@packetron/ratelimit";
export {
  type CacheControl,
  PacketronConstants,
  type SendFileOptions,
  type ServeFileOptions,
  type ServeOptions,
  type ServingOptions,
  type StaticErrorCode,
  type StaticFilesOptions,
  staticErrorCodes,
  staticFiles,
  type UnserveOptions,
} from "@packetron/static";
// Core: what a server is made with
// Core: constants
// Core: routes, requests and responses
// Core: the capability contract
// Core: for packages that answer by themselves or keep files
// Core: errors
export {
  type BodyParser,
  type BodyParserBase,
  type BytesBodyParser,
  type Capability,
  type CapabilityHost,
  type Channel,
  type CookieOptions,
  type CoreErrorCode,
  coreErrorCodes,
  describeFlags,
  type EndpointOptions,
  type ErrorHandler,
  type ExtensionMember,
  type ExtensionTarget,
  type FlagFamily,
  flagNames,
  type Gate,
  type GateDescription,
  GateOrder,
  type Handler,
  HttpResponseCode,
  isPacketronError,
  type LifecycleHooks,
  type Logger,
  methodNames,
  optionError,
  ownIdentity,
  PacketronDistribution,
  PacketronError,
  type PacketronErrorOptions,
  type PacketronEvents,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronRequest,
  PacketronRequestMethod,
  PacketronResponse,
  PacketronRoute,
  PacketronServerFlags,
  type ParamsOf,
  type ParsedBody,
  type ProcessIdentity,
  type ProcessRole,
  type ProcessState,
  privateDirectory,
  privateDirectoryProblem,
  type RequestMethod,
  type RouteDescription,
  type RouteOptions,
  refuse,
  type ServerOptions,
  type ServerSettings,
  type StreamBodyParser,
  stateOfProcess,
  type TextBodyParser,
  type TrustProxy,
} from "@packetron/core";
// The server, with every capability registered
export { Packetron } from "./packetron.ts";
