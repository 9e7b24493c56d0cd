/** What a test of each runner does: it starts a server in its own process, and another one as a program. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { bodyJson } from "@packetron/body-json";
import { Packetron, PacketronHandlerFlags } from "@packetron/core";
import { staticFiles } from "@packetron/static";

/** Starts a server without `maxThreads`. Returns its answers, and the log lines of its start. */
export async function askServer() {
  const lines = [];
  const record = (_fields, message) => lines.push(message);
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    capabilities: [bodyJson(), staticFiles()],
    logger: { debug() {}, info: record, warn: record, error: record },
  });
  server.handle({
    routePath: "echo",
    method: 1,
    flags: PacketronHandlerFlags.JSON_BODY,
    handler: async (request, response) => response.sendJson(await request.getBody()),
  });
  server.serve({ directory: new URL("public", import.meta.url).pathname });
  await server.start();
  const url = `http://127.0.0.1:${server.port}`;
  const echo = await fetch(`${url}/echo`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"a":[1]}',
  });
  const answers = {
    role: server.role,
    echo: await echo.text(),
    file: await (await fetch(`${url}/hello.txt`)).text(),
    missing: (await fetch(`${url}/missing.txt`)).status,
  };
  await server.stop();
  return { answers, lines: lines.map((line) => line.replace(/\d{4,5}$/, "…")) };
}

/** Sends requests to a server that is never started. Returns its answers. */
export async function askWithoutPort() {
  const server = new Packetron({ capabilities: [bodyJson()] });
  server.handle({
    routePath: "echo",
    method: 1,
    flags: PacketronHandlerFlags.JSON_BODY,
    handler: async (request, response) => response.sendJson(await request.getBody()),
  });
  const answer = await server.inject({ method: "POST", path: "echo", body: { a: [1] } });
  const missing = await server.fetch(new Request("http://localhost/missing"));
  return { status: answer.status, echo: answer.text(), missing: missing.status, address: server.address() };
}

/** What `askWithoutPort()` returns. */
export const withoutPort = { status: 200, echo: '{"a":[1]}', missing: 404, address: null };

/** What `askServer()` returns in a test of the named runner. */
export const expected = (runner) => ({
  answers: { role: "single", echo: '{"a":[1]}', file: "hello\n", missing: 404 },
  lines: [`one process, because it runs in a test of ${runner}`, "listening on 127.0.0.1:…"],
});

/** Starts `server.mjs` as a program, which inherits the environment of the runner. Returns what it reports. */
export async function askProgram() {
  const file = new URL("server.mjs", import.meta.url).pathname;
  const env = { ...process.env, PACKETRON_THREADS: "2", PACKETRON_LOG_LEVEL: "silent" };
  const program = fork(file, { env, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [report] = await once(program, "message");
  program.kill();
  await once(program, "exit");
  return report;
}
