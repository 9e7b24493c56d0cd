/**
 * Tools for the authors of capabilities. Unlike the verbs of the host they claim nothing, and so they may be called at
 * any time.
 *
 * @module
 */

export type { PrimaryStatus, WorkerLoad, WorkerState, WorkerStatus } from "../cluster/process/status.ts";
export { fromCaller } from "../errors/misuse.ts";
export { codingQualities, parseQuality } from "../http/accept-encoding.ts";
export { matchesMediaType } from "../http/media-type.ts";
export { prepareHeaders } from "../message/header-block.ts";
export type { AnswerParts } from "../message/prepared-answer.ts";
export { prepareAnswer } from "../message/prepared-answer.ts";
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
