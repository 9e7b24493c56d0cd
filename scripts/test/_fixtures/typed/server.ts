// A user's TypeScript program, compiled against the published declarations with every check on.
import { bodyJson } from "@packetron/body-json";
import { bodyText } from "@packetron/body-text";
import {
  type BodyParser,
  type Capability,
  Packetron as Core,
  type Logger,
  type ServerOptions,
} from "@packetron/core";
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "packetron";

declare module "@packetron/core" {
  interface PacketronRequest {
    tenant?: { readonly name: string };
  }
  interface EndpointOptions {
    tenants?: readonly string[];
  }
}

const options: ServerOptions = { port: 0, maxThreads: 1, capabilities: [bodyJson(), bodyText()] };
const server = new Core(options);
const everything: Core = new Packetron({ port: 0 });

server.handle({
  method: PacketronRequestMethod.PUT,
  routePath: "users/:user/notes/:note",
  flags: PacketronHandlerFlags.JSON_BODY,
  tenants: ["one"],
  handler: async (request, response) => {
    const tenant: string | undefined = request.tenant?.name;
    const user: string = request.params.user;
    const note: string = request.params.note;
    const body: unknown = await request.getBody();
    response.setCookie("seen", "1", { maxAge: 60, sameSite: "lax" });
    response.sendJson({ tenant, user, note, body });
  },
});

server.handle({
  routePath: "users/:user",
  // @ts-expect-error: the path has no parameter of this name
  handler: (request, response) => response.sendJson(request.params.name),
});
// @ts-expect-error: a route needs a handler
server.handle({ routePath: "users" });
// @ts-expect-error: a port is a number
new Core({ port: "3000" });

const upperCase: BodyParser = {
  flag: 1 << 21,
  name: "UPPER_CASE",
  mediaTypes: ["text/plain"],
  form: "text",
  parse: (text) => text.toUpperCase(),
};
const capability: Capability = { name: "upper-case", install: (host) => host.bodyParser(upperCase) };
const log: Logger = server.log;
log.info({ capability: capability.name, workers: everything.workerId }, "typed");
