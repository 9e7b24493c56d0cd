/** Servers with `redis()` in this process, each as a program of its own. */
import { type CapabilityHost, type Logger, Packetron } from "@packetron/core";
import type { SharedServices } from "@packetron/core/capability";
import { TIMING, type Timing } from "../src/connection.ts";
import type { RedisOptions } from "../src/options.ts";
import { createRedis } from "../src/redis.ts";

/** A server, with its services. */
export interface TestProgram {
  readonly server: Packetron;
  readonly services: SharedServices;
  /** The log lines, each with its level. */
  readonly lines: readonly string[];
}

/** Probes come soon, so that tests do not wait for seconds. */
export const FAST: Timing = { ...TIMING, firstProbe: 100, maxProbe: 200, ping: 200 };

/** Creates a server that is not started. */
export function createProgram(options: RedisOptions, timing: Timing = FAST): TestProgram {
  const lines: string[] = [];
  const hosts: CapabilityHost[] = [];
  const line = (level: string) => (_fields: object, message: string) =>
    void lines.push(`${level}: ${message}`);
  const log: Logger = { debug: () => {}, info: line("info"), warn: line("warn"), error: line("error") };
  const observer = { name: "observer", install: (host: CapabilityHost) => void hosts.push(host) };
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    logger: log,
    capabilities: [createRedis(options, timing), observer],
  });
  const [host] = hosts;
  if (host === undefined) throw new Error("the capability was not installed");
  return { server, services: host.shared(), lines };
}

/** Starts a server. */
export async function startProgram(options: RedisOptions, timing?: Timing): Promise<TestProgram> {
  const program = createProgram(options, timing);
  await program.server.start();
  return program;
}
