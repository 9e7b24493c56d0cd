/**
 * Conformance suites: the requirements of capabilities, body parsers and shared services as cases that any test runner can run. They
 * need only `node:assert` and a port of the loopback interface.
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
export { type SharedServicesSetup, sharedServicesConformance } from "./shared-services.ts";
