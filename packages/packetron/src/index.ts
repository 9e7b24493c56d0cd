/**
 * The public names of packetron: all of @packetron/core, with a `Packetron` of its own, and the factory of every
 * capability. The names are listed, not re-exported with `*`, so that a new name in core becomes public by decision
 * only.
 *
 * @module
 */

// The server, with every capability registered
export { Packetron } from "./packetron.ts";
export {
  type DrainScope,
  type EndpointOptions,
  type Handler,
  type Logger,
  PacketronDistribution,
  type PacketronEvents,
  type ProcessRole,
  type ReloadResult,
  type RouteOptions,
  type ServerLoad,
  type ServerOptions,
  type ServerSettings,
  type TrustProxy,
} from "@packetron/core";

// Constants
export {
  describeFlags,
  type FlagFamily,
  type FlagsOf,
  flagNames,
  HttpResponseCode,
  methodNames,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronRequestMethod,
  PacketronServerFlags,
  type RequestMethod,
} from "@packetron/core";

// Routes, requests and responses
export {
  type CookieOptions,
  type ErrorHandler,
  type GateDescription,
  PacketronRequest,
  PacketronResponse,
  PacketronRoute,
  type ParamsOf,
  prepareRefusal,
  type RefusalParts,
  type RouteDescription,
  refuse,
} from "@packetron/core";

// Errors
export {
  type CoreErrorCode,
  coreErrorCodes,
  isPacketronError,
  PacketronError,
  type PacketronErrorOptions,
} from "@packetron/core";

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

// Writing a capability: the contract
export {
  type Around,
  type BodyParser,
  type BodyParserBase,
  type BytesBodyParser,
  type Capability,
  type CapabilityHost,
  type Channel,
  type ExtensionMember,
  type ExtensionTarget,
  type Gate,
  GateOrder,
  type LifecycleHooks,
  type ParsedBody,
  type SettledExchange,
  type SettledListener,
  type StreamBodyParser,
  type TextBodyParser,
} from "@packetron/core";

// Writing a capability: its options, errors and log lines
export {
  assertOptions,
  createLogLimiter,
  defineConstants,
  defineErrors,
  type ErrorArguments,
  type ErrorDefinition,
  type ErrorFactory,
  type LogLimiter,
  optionError,
  showValue,
} from "@packetron/core";

// Writing a capability: files that processes share
export {
  ownIdentity,
  type ProcessIdentity,
  type ProcessState,
  privateDirectory,
  privateDirectoryProblem,
  stateOfProcess,
} from "@packetron/core";
