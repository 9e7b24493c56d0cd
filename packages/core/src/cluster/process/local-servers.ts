/**
 * Servers of this process that have no workers: one with `maxThreads: 1` beside one that is clustered. The workers
 * run the same entry file and ask for it too; they are told that it is served here.
 */
import type { AddressInfo } from "node:net";

/** What the primary needs of such a server. */
export interface LocalServer {
  start(): Promise<AddressInfo>;
  stop(): Promise<void>;
}

/** By key; started ones only. */
export const localServers: Map<string, LocalServer> = new Map();
