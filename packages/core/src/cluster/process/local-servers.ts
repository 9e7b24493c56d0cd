/**
 * Servers that this process has started and serves alone, for example one with `maxThreads: 1` beside one that has
 * workers. The workers run the same entry file and look such a server up; the primary answers with its address.
 */
import type { AddressInfo } from "node:net";

/** What the primary needs of a server that has no workers. */
export interface LocalServer {
  start(): Promise<AddressInfo>;
  stop(): Promise<void>;
}

/**
 * Stands in for a stopped server, so that the memory of the server can be freed. Workers that are forked later still
 * look the server up.
 */
export class StoppedServer implements LocalServer {
  readonly #address: Promise<AddressInfo>;

  constructor(address: Promise<AddressInfo>) {
    this.#address = address;
  }

  start(): Promise<AddressInfo> {
    return this.#address;
  }

  async stop(): Promise<void> {}
}

/** The servers of this process that have no workers, by key. Holds a server from its `start()` on. */
export const localServers: Map<string, LocalServer> = new Map();
