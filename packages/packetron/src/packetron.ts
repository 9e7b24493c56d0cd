/** The class of the meta-package: core's, with every capability registered already. */
import { bodyJson } from "@packetron/body-json";
import { bodyText } from "@packetron/body-text";
import { bodyXml } from "@packetron/body-xml";
import { type Capability, Packetron as CorePacketron, type ServerOptions } from "@packetron/core";
import { firewall } from "@packetron/firewall";
import { globalData } from "@packetron/global-data";
import { health } from "@packetron/health";
import { multipart } from "@packetron/multipart";
import { overload } from "@packetron/overload";
import { plugins } from "@packetron/plugins";
import { rateLimit } from "@packetron/ratelimit";
import { staticFiles } from "@packetron/static";

/**
 * A multi-process HTTP server with everything that Packetron can do: core's {@link CorePacketron} with the capabilities
 * of the house registered. Those given as an option come on top; one with the name of a registered capability takes its
 * place, which is how a registered one gets options.
 *
 * @throws As the constructor of core does.
 * @example
 * const server = new Packetron({ port: 3000, flags: PacketronServerFlags.START_IMMEDIATELY });
 * server.handle({
 *   method: PacketronRequestMethod.POST,
 *   routePath: "api/echo",
 *   flags: PacketronHandlerFlags.JSON_BODY,
 *   handler: async (request, response) => response.sendJson({ received: await request.getBody() }),
 * });
 * @example
 * // A capability of one's own, and another choice for one that is registered already.
 * new Packetron({ capabilities: [bodyJson({ poisoning: "drop" }), requestId()] });
 */
export class Packetron extends CorePacketron {
  constructor(options: ServerOptions = {}) {
    super({ ...options, capabilities: withRegistered(options.capabilities ?? []) });
  }
}

/** The stages of a request are in an order of their own; that of this list shows in messages only. */
const factories: readonly (() => Capability)[] = [
  bodyJson,
  bodyText,
  bodyXml,
  firewall,
  globalData,
  health,
  multipart,
  overload,
  plugins,
  rateLimit,
  staticFiles,
];

function withRegistered(added: readonly Capability[]): readonly Capability[] {
  // What is no capability goes to core as it is: its error then names the place in the list that the user wrote.
  if (!Array.isArray(added) || !added.every(isObject)) return added;
  const names = new Set(added.map(({ name }) => name));
  const registered = factories.map((create) => create());
  return [...registered.filter(({ name }) => !names.has(name)), ...added];
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
