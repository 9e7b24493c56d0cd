/** Types of the package, checked by the compiler: members that a program adds with `declare module "packetron"`. */
import { Packetron, PacketronPlugin, type PacketronRequest, type PacketronResponse } from "../src/index.ts";

declare module "../src/index.ts" {
  interface PacketronRequest {
    typeTestAccount?: { readonly name: string };
  }
  interface PacketronResponse {
    typeTestSendCsv(rows: readonly string[][]): void;
  }
  interface ServerOptions {
    typeTestTenant?: string;
  }
}

const login = PacketronPlugin.create({
  handler: (request) => {
    request.typeTestAccount = { name: "Ada" };
  },
});

export const server: Packetron = new Packetron({ plugins: [login], typeTestTenant: "a" });

server.handle({
  routePath: "users/:id",
  handler: (request, response) => {
    const name: string | undefined = request.typeTestAccount?.name;
    response.typeTestSendCsv([[name ?? "", request.params.id]]);
    // @ts-expect-error: no module has added this
    request.typeTestNothing;
  },
});
server.onError((_error, request, response) => response.sendJson(request.typeTestAccount?.name));

export function nameOf(request: PacketronRequest, response: PacketronResponse): string | undefined {
  response.sendFile("report.csv"); // a member that a package has added
  return request.typeTestAccount?.name;
}
