/** Prints what this runtime allows: one process, workers, bodies as a stream, bodies by a flag. */
import { bodyJson } from "@packetron/body-json";
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";

const codeOf = (error) => error.code;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const server = new Packetron({ host: "127.0.0.1", port: 0, logger: silent, capabilities: [bodyJson()] });
const post = (path, body) =>
  fetch(`http://127.0.0.1:${server.port}/${path}`, { method: "POST", body }).then((answer) => answer.text());

server.handle({
  routePath: "stream",
  method: PacketronRequestMethod.POST,
  handler: async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    response.sendJson({ length });
  },
});
const bodies = registerBodies();
await server.start();
const stream = await post("stream", "x".repeat(100_000));
const echo = bodies === "registered" ? await post("echo", '{"a":1}') : bodies;
await server.stop();
const workers = process.argv[2] === "workers" ? await refusalOfWorkers() : "not tried";
console.log(JSON.stringify({ role: server.role, stream, echo, workers }));

/** The code with which workers are refused. */
function refusalOfWorkers() {
  const clustered = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 2, logger: silent });
  return clustered.start().then(() => "started", codeOf);
}

function registerBodies() {
  try {
    server.handle({
      routePath: "echo",
      method: PacketronRequestMethod.POST,
      flags: PacketronHandlerFlags.JSON_BODY,
      handler: async (request, response) => response.sendJson(await request.getBody()),
    });
    return "registered";
  } catch (error) {
    return codeOf(error);
  }
}
