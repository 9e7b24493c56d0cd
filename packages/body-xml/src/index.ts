/**
 * The public names of @packetron/body-xml.
 *
 * @module
 */
export { type BodyXmlOptions, bodyXml } from "./body-xml.ts";
export type { XmlLimits } from "./limits.ts";
