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
  type OfServer,
  prepareAnswer,
  prepareHeaders,
  route,
} from "@packetron/core/capability";
