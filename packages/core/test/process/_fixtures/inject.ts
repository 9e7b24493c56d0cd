/** Injects a request in the process that would be the primary, looks at one status alone, and then has nothing to do. */
import { Packetron } from "../../../src/server/packetron.ts";

const server = new Packetron({ port: 0, maxThreads: 2 });
server.handle({
  routePath: "page",
  handler: (_request, response) => response.sendTextPlain("x".repeat(512 * 1024)),
});
const { role } = server;
const answer = await server.inject({ path: "page" });
const { status } = await server.fetch(new Request("http://localhost/page")); // its body is never read
const facts = { role, length: answer.bytes().length, status };
process.stdout.write(`${JSON.stringify({ event: "injected", ...facts })}\n`);
