/** The server of Fastify for its silent differences. */
import Fastify from "fastify";

const app = Fastify();

app.get("/users/:id", async (request) => ({ id: request.params.id }));
app.get("/users/me", (_request, reply) => reply.type("application/json").send('"me"'));
app.get("/status", async () => ({ status: "ok" }));
app.get("/query", async (request) => request.query);
app.get("/ip", (request, reply) => reply.type("application/json").send(JSON.stringify(request.ip)));
app.get("/return", async () => ({ returned: true }));
app.get("/ignored", async () => ({ returned: true }));
app.get("/schema", {
  schema: { response: { 200: { type: "object", properties: { named: { type: "number" } } } } },
  handler: async () => ({ named: 1, other: 2 }),
});
app.get("/broken", async () => {
  throw new Error("a secret");
});
app.get("/not-found-error", async () => {
  throw Object.assign(new Error("a secret"), { statusCode: 404 });
});
app.post("/echo", async (request) => ({ body: request.body }));
app.post("/no-parser", async (request) => ({ body: request.body }));

let registration = "no error";
app.get("/duplicate", (_request, reply) => reply.type("application/json").send(JSON.stringify(registration)));
try {
  app.get("/duplicate", async () => "second");
} catch (error) {
  registration = error.code;
}

await app.listen({ port: 0, host: "127.0.0.1" });
export const { port } = app.server.address();
