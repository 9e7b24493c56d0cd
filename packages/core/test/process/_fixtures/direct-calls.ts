/** Serves some requests of each kind, and prints the functions of `direct/` that were called for them. */
import { Session } from "node:inspector/promises";
import { connect } from "node:net";
import { PacketronHandlerFlags, PacketronRequestMethod } from "../../../src/index.ts";
import { Packetron } from "../../../src/server/packetron.ts";

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });

// PACKETRON_DISPATCH selects the way of dispatch.
const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1 });
server.handle({ routePath: "json", handler: (_request, response) => response.sendJson({ a: 1 }) });
server.handle({ routePath: "stream", handler: (request, response) => void request.pipe(response) });
server.handle({
  routePath: "throws",
  handler: () => {
    throw new Error("mine");
  },
});
server.handle({
  routePath: "body",
  method: PacketronRequestMethod.POST,
  flags: PacketronHandlerFlags.RAW_BODY,
  handler: async (request, response) => {
    request.signal.throwIfAborted();
    response.setHeader("X-Length", String((await request.getRawBody())?.length));
    response.send(Buffer.from("read"));
  },
});
await server.start();

const get = (path: string): string => `GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
const pipelined = ["json", "stream", "throws", "nothing"].map(get).join("") + post + get("json");
const client = connect(Number(server.port), "127.0.0.1").end(`${get("json")}${pipelined}NONSENSE\r\n\r\n`);
client.resume();
await new Promise((resolve) => client.once("close", resolve));

const { result } = await session.post("Profiler.takePreciseCoverage");
const called = result
  .filter(({ url }) => url.includes("/src/direct/"))
  .flatMap(({ functions }) => functions)
  // The first function of a file is its module.
  .filter(({ ranges: [range] }) => range !== undefined && range.startOffset > 0 && range.count > 0)
  .map(({ functionName }) => functionName);
process.stdout.write(`${JSON.stringify({ event: "called", called })}\n`);
await server.stop();
