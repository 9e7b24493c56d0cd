/**
 * The public names of @packetron/core.
 *
 * @module
 */

// The server
export type { PacketronEvents } from "./events.ts";
export { Packetron } from "./packetron.ts";
export {
  type EndpointOptions,
  type Handler,
  PacketronDistribution,
  type RouteOptions,
  type ServerOptions,
  type ServerSettings,
  type TrustProxy,
} from "./options.ts";
export type { Logger } from "./log.ts";
export type { ServerLoad } from "./connection/load.ts";
export type { DrainScope, ProcessRole, ReloadResult } from "./cluster/lifecycle.ts";

// Constants
export {
  describeFlags,
  type FlagFamily,
  flagNames,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronServerFlags,
} from "./flags.ts";
export { methodNames, PacketronRequestMethod, type RequestMethod } from "./methods.ts";
export { HttpResponseCode } from "./http-codes.ts";

// Routes, requests and responses
export type { GateDescription, RouteDescription } from "./routing/describe.ts";
export { PacketronRoute } from "./routing/route.ts";
export type { ParamsOf } from "./routing/path.ts";
export type { ErrorHandler } from "./request/dispatch.ts";
export { refuse } from "./request/fail.ts";
export { PacketronRequest } from "./request/request.ts";
export { PacketronResponse } from "./request/response.ts";
export type { CookieOptions } from "./request/set-cookie.ts";

// The capability contract
export type {
  BodyParser,
  BodyParserBase,
  BytesBodyParser,
  ParsedBody,
  StreamBodyParser,
  TextBodyParser,
} from "./body-parser.ts";
export {
  type Capability,
  type CapabilityHost,
  type Channel,
  type ExtensionMember,
  type ExtensionTarget,
  type Gate,
  GateOrder,
  type LifecycleHooks,
} from "./capability.ts";

// For packages that keep files
export { privateDirectory, privateDirectoryProblem } from "./system/private-directory.ts";
export {
  ownIdentity,
  type ProcessIdentity,
  type ProcessState,
  stateOfProcess,
} from "./system/process-identity.ts";

// Errors
export {
  type CoreErrorCode,
  coreErrorCodes,
  isPacketronError,
  PacketronError,
  type PacketronErrorOptions,
} from "./errors.ts";
export { optionError } from "./option-error.ts";
