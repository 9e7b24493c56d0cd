/**
 * Tools for the authors of capabilities, the same as those of `@packetron/core/capability`.
 *
 * @module
 */
export {
  type AnswerParts,
  assertEndpointOptions,
  assertFlags,
  codingQualities,
  type Figure,
  fail,
  field,
  figure,
  figuresOf,
  fromCaller,
  isAnswered,
  isSecure,
  matchesMediaType,
  type OfServer,
  openRequests,
  type PrimaryStatus,
  parseQuality,
  prepareAnswer,
  prepareHeaders,
  programStatus,
  queryValues,
  type RouteFacts,
  route,
  routeFacts,
  routesOf,
  type WorkerLoad,
  type WorkerState,
  type WorkerStatus,
} from "@packetron/core/capability";
