import fastify from "fastify";
import { HELLO } from "./_data.js";
import { announce, build } from "./_program.js";

const app = fastify();
app.setNotFoundHandler((_request, reply) => reply.code(404).send());

await build({
  json: () => app.get("/json", async () => HELLO),
  echo: () => app.post("/echo", async (request) => request.body),
});

await app.listen({ port: 0, host: "127.0.0.1" });
announce(app.server.address().port);
