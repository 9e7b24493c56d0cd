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

/** By key of the server. */
export const localServers: Map<string, LocalServer> = new Map();
