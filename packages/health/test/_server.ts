/** Helpers of the tests: a server with probes, its log lines, and requests to it. */
import { request } from "node:http";
import { type Capability, type Logger, Packetron, type ServerOptions } from "@packetron/core";
import { onTestFinished } from "vitest";
import { type HealthOptions, health } from "../src/index.ts";

/** A log line. */
export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function recordLog(): { readonly log: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields: { ...fields }, message });
  return { log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") }, lines };
}

/** Makes a server with probes that has not started yet. */
export function makeServer(
  option: HealthOptions = {},
  { others = [], ...options }: ServerOptions & { readonly others?: readonly Capability[] } = {},
): { readonly server: Packetron; readonly lines: Line[] } {
  const { log, lines } = recordLog();
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    logger: log,
    health: option,
    ...options,
    capabilities: [health(), ...others],
  });
  onTestFinished(() => server.stop());
  return { server, lines };
}

/** Starts a server with probes. */
export async function startServer(
  ...args: Parameters<typeof makeServer>
): Promise<ReturnType<typeof makeServer>> {
  const made = makeServer(...args);
  await made.server.start();
  return made;
}

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends a request on a connection of its own. */
export function ask(server: Packetron, path: string, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: server.port, path, method, agent: false });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on("error", reject);
    sent.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.end();
  });
}

/** The statuses of liveness and readiness. */
export async function probe(server: Packetron): Promise<readonly [liveness: number, readiness: number]> {
  return [(await ask(server, "/livez")).status, (await ask(server, "/readyz")).status];
}

/** A promise, and the function that resolves it. */
export function hold(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
