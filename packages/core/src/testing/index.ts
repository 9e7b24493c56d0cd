/**
 * Conformance suites: what every capability and every body parser has to hold, as cases that any test runner can loop
 * over. They need `node:assert` and a loopback port, nothing else.
 *
 * @module
 */
export {
  type BodyParserSetup,
  bodyParserConformance,
  type InvalidBody,
  type SampleBody,
  type ValidBody,
} from "./body-parser.ts";
export { type CapabilitySetup, capabilityConformance } from "./capability.ts";
export type { ConformanceCase } from "./conformance-case.ts";
