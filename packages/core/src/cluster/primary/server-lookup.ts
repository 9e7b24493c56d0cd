/** Answers workers that ask for a server's address. A worker may ask before the primary has constructed the server. */
import type { AddressInfo } from "node:net";
import { isDeveloping } from "../../config/process-role.ts";
import { localServers } from "../process/local-servers.ts";
import type { PrimaryServer } from "./primary-server.ts";
import type { ServerRegistry } from "./server-registry.ts";
import type { WorkerProcess } from "./worker-process.ts";

/**
 * How long a reloaded worker waits for a server under `packetron dev`, in milliseconds. The developer may just have
 * edited the port, so the primary does not have the server: the program has to start anew, and the developer waits.
 */
const DEV_TIMEOUT = 500;

/** Where the servers of the program are. */
export class ServerLookup {
  readonly #servers: ServerRegistry;
  /** Addresses of stopped servers. A worker that is forked later still runs the code that starts them. */
  readonly #stopped = new Map<string, AddressInfo>();
  /** Workers that wait until the primary opens a server, by key of the server. */
  readonly #waiting = new Map<string, Set<WorkerProcess>>();

  constructor(servers: ServerRegistry) {
    this.#servers = servers;
  }

  /**
   * Answers a worker that asks for a server's address. Waits `timeoutMs` if the primary does not have the server yet.
   */
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
    // At each server the primary waits for all workers; workers do not wait for each other, so one can be ahead.
    const onLimit = (): void => {
      if (this.#servers.get(key) === undefined && waiting.delete(worker))
        worker.send({ type: "unknown", key });
    };
    setTimeout(onLimit, isDeveloping() && worker.generation > 1 ? DEV_TIMEOUT : timeoutMs).unref();
  }

  /** Invites the workers that wait for a server, once it is open. */
  opened(server: PrimaryServer): void {
    for (const worker of this.#waiting.get(server.key) ?? []) server.invite(worker);
    this.#waiting.delete(server.key);
  }

  /** Keeps the address of a server that has stopped. */
  stopped(server: PrimaryServer): void {
    this.#stopped.set(server.key, server.address);
  }

  /** Removes a worker that has exited. */
  remove(worker: WorkerProcess): void {
    for (const workers of this.#waiting.values()) workers.delete(worker);
  }
}
