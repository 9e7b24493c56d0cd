/**
 * Tools for the authors of capabilities, the same as those of `@packetron/core/capability`.
 *
 * @module
 */
export {
  type AnswerParts,
  assertEndpointOptions,
  assertFlags,
  fail,
  field,
  fromCaller,
  isAnswered,
  isSecure,
  type OfServer,
  prepareAnswer,
  prepareHeaders,
  route,
  routesOf,
} from "@packetron/core/capability";
