/**
 * Tools for the authors of capabilities, the same as those of `@packetron/core/capability`.
 *
 * @module
 */
export {
  type AnswerParts,
  assertFlags,
  fail,
  field,
  isAnswered,
  type OfServer,
  prepareAnswer,
  route,
} from "@packetron/core/capability";
