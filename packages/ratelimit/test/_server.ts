/** Helpers of the tests: a server with a rate limit on a clock that the test advances, and raw requests to it. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Handler, Packetron, ServerOptions } from "@packetron/core";
import { startServer as start } from "../../core/test/_server.ts";
import { createRateLimit } from "../src/rate-limit.ts";

/** A clock that advances only when the test sets it. */
export class TestClock {
  time = 5_000.25;
  /** How often the clock was read. */
  readings = 0;

  now(): number {
    this.readings++;
    return this.time;
  }
}

/** A handler that answers 200. */
export const ok: Handler = (_request, response) => response.sendTextPlain("passed");

/** Starts a server with a test clock; `setUp` registers its routes. */
export async function startServer(
  setUp: (server: Packetron) => void,
  options: ServerOptions = {},
): Promise<{ readonly server: Packetron; readonly clock: TestClock }> {
  const clock = new TestClock();
  const capabilities = [createRateLimit(clock), ...(options.capabilities ?? [])];
  const { server } = await start(setUp, { ...options, capabilities });
  return { server, clock };
}

/** Sends requests on one connection in one packet, and returns all received text. */
export async function exchange(server: Packetron, requests: readonly string[]): Promise<string> {
  const socket = connect(server.port, "127.0.0.1");
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
  const last = requests.length - 1;
  const lines = requests.map((request, index) => {
    const [line = "", ...fields] = request.split("\n");
    const close = index === last ? ["Connection: close"] : [];
    return [`${line} HTTP/1.1`, "Host: localhost", ...close, ...fields, "", ""].join("\r\n");
  });
  socket.write(lines.join(""));
  let received = "";
  socket.setEncoding("latin1").on("data", (text) => {
    received += text;
  });
  await once(socket, "close");
  return received;
}

/** The statuses of the answers to requests such as `"GET /a"`, in order. */
export async function statuses(server: Packetron, requests: readonly string[]): Promise<number[]> {
  const received = await exchange(server, requests);
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, digits]) => Number(digits));
}
