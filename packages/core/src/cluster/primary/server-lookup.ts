/** Workers come and ask for servers, in whatever order their code has: some are not there yet, some are not theirs. */
import type { AddressInfo } from "node:net";
import { isDeveloping } from "../../config/process-role.ts";
import { localServers } from "../process/local-servers.ts";
import type { PrimaryServer } from "./primary-server.ts";
import type { WorkerProcess } from "./worker-process.ts";

/**
 * How long a reloaded worker waits under `packetron dev`, in milliseconds. Its server has another port than the primary's
 * because somebody has just written so; they are waiting, and the program has to start anew.
 */
const DEV_PATIENCE = 500;

/** Answers workers that ask for a server. */
export class Reception {
  readonly #servers: ReadonlyMap<string, PrimaryServer>;
  /** Where the stopped ones were: a worker that is forked later still runs the code that starts them. */
  readonly #former = new Map<string, AddressInfo>();
  /** Workers that wait until the primary starts a server. */
  readonly #asking = new Map<string, Set<WorkerProcess>>();

  constructor(servers: ReadonlyMap<string, PrimaryServer>) {
    this.#servers = servers;
  }

  /** The worker asks for a server; one that nobody knows may appear within `patience` milliseconds. */
  answer(worker: WorkerProcess, key: string, patience: number): void {
    const server = this.#servers.get(key);
    const former = this.#former.get(key);
    const elsewhere = (address: AddressInfo): void => worker.send({ type: "elsewhere", key, address });
    if (server?.isOpen === true) return server.invite(worker);
    if (former !== undefined) return elsewhere(former);
    const local = localServers.get(key);
    if (local !== undefined) return void local.start().then(elsewhere, () => {});
    const asking = this.#asking.get(key) ?? new Set();
    this.#asking.set(key, asking.add(worker));
    // It may be constructed later: the primary waits for its workers where they do not wait for each other.
    const giveUp = (): void => {
      if (!this.#servers.has(key) && asking.delete(worker)) worker.send({ type: "unknown", key });
    };
    setTimeout(giveUp, isDeveloping() && worker.generation > 1 ? DEV_PATIENCE : patience).unref();
  }

  /** The server is open: whoever waits for it may come. */
  open(server: PrimaryServer): void {
    for (const worker of this.#asking.get(server.key) ?? []) server.invite(worker);
    this.#asking.delete(server.key);
  }

  /** The server has stopped. */
  close(server: PrimaryServer): void {
    this.#former.set(server.key, server.address);
  }

  /** The worker is dead. */
  forget(worker: WorkerProcess): void {
    for (const workers of this.#asking.values()) workers.delete(worker);
  }
}
