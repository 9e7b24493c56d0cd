/** Answers workers that look a server up. They do so in the order of their code, perhaps before the primary has it. */
import type { AddressInfo } from "node:net";
import { isDeveloping } from "../../config/process-role.ts";
import { localServers } from "../process/local-servers.ts";
import type { PrimaryServer } from "./primary-server.ts";
import type { ServerRegistry } from "./server-registry.ts";
import type { WorkerProcess } from "./worker-process.ts";

/**
 * How long a reloaded worker waits under `packetron dev`, in milliseconds. Its server may have another port than the
 * primary's, because the developer has just edited it: then the developer waits, and the program has to start anew.
 */
const DEV_TIMEOUT = 500;

/** Where the servers of the program are. */
export class ServerLookup {
  readonly #servers: ServerRegistry;
  /** Addresses of stopped servers: a worker that is forked later still runs the code that starts them. */
  readonly #stopped = new Map<string, AddressInfo>();
  /** Workers that wait until the primary opens a server, by its key. */
  readonly #waiting = new Map<string, Set<WorkerProcess>>();

  constructor(servers: ServerRegistry) {
    this.#servers = servers;
  }

  /** Answers a worker; a server that the primary does not have may still be constructed within `timeoutMs`. */
  answer(worker: WorkerProcess, key: string, timeoutMs: number): void {
    const server = this.#servers.get(key);
    const stopped = this.#stopped.get(key);
    const sendElsewhere = (address: AddressInfo): void => worker.send({ type: "elsewhere", key, address });
    if (server?.isOpen === true) return server.invite(worker);
    if (stopped !== undefined) return sendElsewhere(stopped);
    const local = localServers.get(key);
    if (local !== undefined) return void local.start().then(sendElsewhere, () => {});
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(worker));
    // The primary waits for its workers at each server, but workers do not wait for one another, so they may be ahead.
    const onLimit = (): void => {
      if (this.#servers.get(key) === undefined && waiting.delete(worker))
        worker.send({ type: "unknown", key });
    };
    setTimeout(onLimit, isDeveloping() && worker.generation > 1 ? DEV_TIMEOUT : timeoutMs).unref();
  }

  /** Invites the workers that wait for the server, which is open now. */
  opened(server: PrimaryServer): void {
    for (const worker of this.#waiting.get(server.key) ?? []) server.invite(worker);
    this.#waiting.delete(server.key);
  }

  /** Remembers where the server was. */
  stopped(server: PrimaryServer): void {
    this.#stopped.set(server.key, server.address);
  }

  /** Forgets a worker that has exited. */
  forget(worker: WorkerProcess): void {
    for (const workers of this.#waiting.values()) workers.delete(worker);
  }
}
