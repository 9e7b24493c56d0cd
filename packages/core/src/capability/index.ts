/**
 * Tools for the authors of capabilities. Unlike the verbs of the host they claim nothing, and so they may be called at
 * any time. The functions, constants and classes of the main module that capabilities use are here, too, so that a
 * capability needs one import. Node looks for a package in five folders at each import: with two imports in each
 * package, a server with all capabilities started up to 8 ms later. Where the paths are short, it also used 6 MB more,
 * because V8 compiled Node's path functions with its optimizing compiler, whose code then is in memory.
 *
 * @module
 */

export type { PrimaryStatus, WorkerLoad, WorkerState, WorkerStatus } from "../cluster/process/status.ts";
export { PacketronFileRouterFlags, PacketronHandlerFlags, PacketronServerFlags } from "../config/flags.ts";
export { assertOptions } from "../errors/assert-options.ts";
export { defineConstants } from "../errors/define-constants.ts";
export { defineErrors, isPacketronError, PacketronError } from "../errors/define-errors.ts";
export { optionError } from "../errors/errors.ts";
export { fromCaller } from "../errors/misuse.ts";
export { showValue } from "../errors/show-value.ts";
export { codingQualities, parseQuality } from "../http/accept-encoding.ts";
export { matchesMediaType } from "../http/media-type.ts";
export { methodNames, PacketronRequestMethod } from "../http/methods.ts";
export { createLogLimiter } from "../log/limiter.ts";
export { prepareHeaders } from "../message/header-block.ts";
export type { AnswerParts } from "../message/prepared-answer.ts";
export { prepareAnswer } from "../message/prepared-answer.ts";
export { prepareRefusal, refuse } from "../message/refusal.ts";
export { PacketronRequest } from "../message/request.ts";
export { PacketronResponse } from "../message/response.ts";
export { privateDirectory, privateDirectoryProblem } from "../node/private-directory.ts";
export { ownIdentity, stateOfProcess } from "../node/process-identity.ts";
export { GateOrder } from "./contract.ts";
export type { Figure } from "./figures.ts";
export {
  assertKey,
  assertPolicy,
  assertSize,
  assertTtl,
  assertUnits,
  sharedFull,
  sharedNotNumber,
  sharedUnavailable,
} from "./shared-checks.ts";
export type {
  Bus,
  Entry,
  Lease,
  LeasePolicy,
  Leases,
  Lock,
  Locks,
  Origin,
  SharedScope,
  SharedServices,
  Store,
  StoreOptions,
} from "./shared-services.ts";
export {
  assertEndpointOptions,
  assertFlags,
  fail,
  field,
  figure,
  figuresOf,
  isAnswered,
  isSecure,
  type OfServer,
  openRequests,
  programStatus,
  queryValues,
  type RouteFacts,
  route,
  routeFacts,
  routesOf,
} from "./tools.ts";
