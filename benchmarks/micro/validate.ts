/** What `schema` costs without the schema library: the schemas here accept each value at once. */
import { Socket } from "node:net";
import { Packetron, PacketronRequest, PacketronResponse } from "@packetron/core";
import { type RouteSchema, type StandardSchema, validate } from "@packetron/validate";
import { type Contestant, compare } from "./_measure.ts";

const any: StandardSchema<unknown> = {
  "~standard": { version: 1, vendor: "benchmark", validate: (value) => ({ value }) },
};
const socket = new Socket();
let handled = 0;

await compare("validate", "Packetron's part of a schema", [
  contestant("no schema"),
  contestant("params", { params: any }),
  contestant("query", { query: any }),
  contestant("params and headers", { params: any, headers: any }),
  contestant("params and query", { params: any, query: any }),
]);

function contestant(name: string, schema?: RouteSchema): Contestant {
  const server = new Packetron({ maxThreads: 1, capabilities: [validate()] });
  const route = server.handle({ routePath: "a/:id", schema: schema ?? null, handler: () => handled++ });
  return {
    name,
    run: () => {
      const request = new PacketronRequest(socket);
      request.url = "/a/5?page=2&q=abc";
      request.rawHeaders = ["Host", "api.example"];
      return route.run(request, new PacketronResponse(request));
    },
  };
}
