/**
 * The public names of @packetron/body-json.
 *
 * @module
 */
export { type BodyJsonOptions, bodyJson } from "./body-json.ts";
export type { Poisoning } from "./parse-json.ts";
