/** The stages of a request with every capability registered, over real sockets. */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import {
  Packetron,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronPlugin,
  PacketronRequestMethod,
  PacketronServerFlags,
} from "packetron";
import { afterEach, beforeEach, expect, test } from "vitest";

const folder = join(import.meta.dirname, "process", "_fixtures", "original", "public");

let server: Packetron;
/** The stages that ran, in order. */
let ran: string[] = [];

beforeEach(async () => {
  ran = [];
  const global = note("global");
  const local = note("local");
  const flags = PacketronServerFlags.SILENCE_INTERNAL_LOGS;
  server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    flags,
    plugins: [global],
  });
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "everything",
    flags: PacketronHandlerFlags.JSON_BODY | PacketronHandlerFlags.REJECT_INVALID_BODY,
    plugins: [local],
    maxRequestsPerSecond: 3,
    maxRequestSizeInBytes: 20,
    handler: async (request, response) => {
      ran.push("handler");
      response.sendJson(await request.getBody());
    },
  });
  server.serve({ directory: folder, pathPrefix: "files", plugins: [local], maxRequestsPerSecond: 1 });
  server.serve({
    directory: folder,
    pathPrefix: "local",
    plugins: [local],
    flags: PacketronFileRouterFlags.LOCAL_PLUGINS_ONLY,
  });
  await server.start();
});

afterEach(() => server.stop());

test("the stages are: global plugins, 429, 413, local plugins, handler", async () => {
  expect(await post("{}")).toEqual({ status: 200, ran: ["global", "local", "handler"] });
  expect(await post("[1,2,3,4,5,6,7,8,9,10]")).toEqual({ status: 413, ran: ["global"] });
  expect(await post("{")).toEqual({ status: 400, ran: ["global", "local"] });
  // The fourth request of the second: too many and too large at once.
  expect(await post("[1,2,3,4,5,6,7,8,9,10]")).toEqual({ status: 429, ran: ["global"] });
});

test("the stages of a served file are the same, and a request without a route has only the first", async () => {
  expect(await get("/files/page.html")).toEqual({ status: 200, ran: ["global", "local"] });
  expect(await get("/files/page.html")).toEqual({ status: 429, ran: ["global"] });
  expect(await get("/local/page.html")).toEqual({ status: 200, ran: ["local"] });
  expect(await get("/nothing")).toEqual({ status: 404, ran: ["global"] });
  expect(await get("/everything")).toEqual({ status: 405, ran: ["global"] });
});

/** A plugin that records its run as a stage. */
function note(stage: string): PacketronPlugin {
  return PacketronPlugin.create({ handler: () => void ran.push(stage) });
}

interface Outcome {
  readonly status: number;
  readonly ran: readonly string[];
}

function post(body: string): Promise<Outcome> {
  return exchange(`POST /everything HTTP/1.1\r\nContent-Length: ${body.length}`, body);
}

function get(path: string): Promise<Outcome> {
  return exchange(`GET ${path} HTTP/1.1`, "");
}

async function exchange(head: string, body: string): Promise<Outcome> {
  ran = [];
  const socket = connect(server.port, "127.0.0.1").setEncoding("latin1");
  socket.write(`${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n${body}`);
  let answer = "";
  socket.on("data", (text) => {
    answer += text;
  });
  await once(socket, "close");
  return { status: Number(answer.split(" ", 2)[1]), ran };
}
