/**
 * Started servers of this process that have no workers: one with `maxThreads: 1` beside one that is clustered. The
 * workers run the same entry file and look it up, too; the primary answers that it is served elsewhere.
 */
import type { AddressInfo } from "node:net";

/** What the primary needs of such a server. */
export interface LocalServer {
  start(): Promise<AddressInfo>;
  stop(): Promise<void>;
}

/** Stands in for a server that has stopped, so that its memory is free: workers forked later still look it up. */
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

/** By key of the server. */
export const localServers: Map<string, LocalServer> = new Map();
