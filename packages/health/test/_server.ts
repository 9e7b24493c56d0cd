/** Helpers of the tests: a server with probes, its log lines, and requests to it. */
import type { Capability, Packetron, ServerOptions } from "@packetron/core";
import { type HttpAnswer, ask as send } from "../../core/test/_client.ts";
import { type LogLine, makeServer as make } from "../../core/test/_server.ts";
import { type HealthOptions, health } from "../src/index.ts";

/** Makes a server with probes that has not started yet. */
export function makeServer(
  option: HealthOptions = {},
  { others = [], ...options }: ServerOptions & { readonly others?: readonly Capability[] } = {},
): { readonly server: Packetron; readonly lines: LogLine[] } {
  return make({ health: option, ...options, capabilities: [health(), ...others] });
}

/** Starts a server with probes. */
export async function startServer(
  ...args: Parameters<typeof makeServer>
): Promise<ReturnType<typeof makeServer>> {
  const made = makeServer(...args);
  await made.server.start();
  return made;
}

/** Sends a request on a connection of its own. */
export function ask(server: Packetron, path: string, method = "GET"): Promise<HttpAnswer> {
  return send(server, path, { method });
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
