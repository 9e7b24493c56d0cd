/**
 * The public names of @packetron/core.
 *
 * @module
 */

// The server
export { Packetron } from "./server/packetron.ts";
export type { PacketronEvents } from "./server/events.ts";
export {
  type AccessLogOptions,
  PacketronDistribution,
  type ServerOptions,
  type ServerSettings,
  type SocketSettings,
  type TrustProxy,
} from "./config/options.ts";
export type {
  EndpointOptions,
  Handler,
  ResultOf,
  RouteOptions,
  RouteSchemas,
  SchemaResults,
  SchemasOfRoute,
  TypedRouteOptions,
} from "./routing/route-options.ts";
export type { GroupOptions, GroupRouteOptions, RouteDefaults } from "./routing/group-options.ts";
export type { RouteGroup } from "./routing/route-group.ts";
export type { InjectedAnswer, InjectOptions } from "./inject/inject.ts";
export type { Logger } from "./log/logger.ts";
export type { LeaderLease } from "./cluster/process/leader-tasks.ts";
export type { LockOptions, SharedState, SharedValueOptions } from "./shared/shared-state.ts";
export type { ServerLoad } from "./connection/load.ts";
export type { ProcessRole, ReloadResult } from "./cluster/process/lifecycle.ts";

// Constants
export {
  describeFlags,
  type FlagFamily,
  type FlagsOf,
  flagNames,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronServerFlags,
} from "./config/flags.ts";
export { methodNames, PacketronRequestMethod, type RequestMethod } from "./http/methods.ts";
export { HttpResponseCode } from "./http/status-codes.ts";

// Routes, requests and responses
export { PacketronRoute } from "./routing/route.ts";
export type { ParamsOf } from "./http/path.ts";
export type { GateDescription, RouteDescription } from "./routing/describe.ts";
export { PacketronRequest, type UpgradedSocket } from "./message/request.ts";
export { PacketronResponse } from "./message/response.ts";
export type { CookieOptions } from "./http/set-cookie.ts";
export { type ErrorHandler, prepareRefusal, type RefusalParts, refuse } from "./message/refusal.ts";

export type { BodyTrace } from "./body/read.ts";
export type { HandlerTrace, RequestTrace } from "./message/traces.ts";

// Errors
export { type CoreErrorCode, coreErrorCodes } from "./errors/errors.ts";
export { isPacketronError, PacketronError, type PacketronErrorOptions } from "./errors/define-errors.ts";

// Writing a capability: the contract
export type { Answer, AnswerBody, Answering } from "./message/answer-change.ts";
export type { SettledExchange, SettledListener } from "./message/settlement.ts";
export {
  type Around,
  type Capability,
  type CapabilityHost,
  type Channel,
  type DrainScope,
  type ExtensionMember,
  type ExtensionTarget,
  type Gate,
  GateOrder,
  type GivenFlags,
  type ImpliedFlags,
  type LifecycleHooks,
  type Take,
  type UpgradeOptions,
} from "./capability/contract.ts";
export type {
  BodyParser,
  BodyParserBase,
  BytesBodyParser,
  ParsedBody,
  StreamBodyParser,
  TextBodyParser,
} from "./capability/body-parser.ts";

// Writing a capability: its options, errors and log lines
export { assertOptions } from "./errors/assert-options.ts";
export { defineConstants } from "./errors/define-constants.ts";
export { optionError } from "./errors/errors.ts";
export {
  defineErrors,
  type ErrorArguments,
  type ErrorDefinition,
  type ErrorFactory,
} from "./errors/define-errors.ts";
export { showValue } from "./errors/show-value.ts";
export { createLogLimiter, type LogLimiter } from "./log/limiter.ts";

// Writing a capability: files shared by processes
export { privateDirectory, privateDirectoryProblem } from "./node/private-directory.ts";
export {
  ownIdentity,
  type ProcessIdentity,
  type ProcessState,
  stateOfProcess,
} from "./node/process-identity.ts";
