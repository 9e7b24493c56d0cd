/**
 * The public names of @packetron/firewall.
 *
 * @module
 */
export { firewall } from "./firewall.ts";
export { type FirewallErrorCode, firewallErrorCodes } from "./errors.ts";
