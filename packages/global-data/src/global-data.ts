/** The capability: options, and the methods that servers get. */
import { type Capability, type Logger, optionError, PacketronServerFlags } from "@packetron/core";
import { placesOf } from "./directory.ts";
import { SizeWarning } from "./size-warning.ts";
import { FileStore, MemoryStore, type WriteOptions } from "./store.ts";
import { GlobalValues } from "./values.ts";
import { PATIENCE } from "./wait.ts";

/** What a finished change survives: a killed process only, or a power cut too. */
export type Durability = "process" | "power";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * Whose values these are: servers with the same namespace, of the same user on the same machine, share them.
     * @default "default"
     */
    globalDataNamespace?: string;
    /**
     * What a finished change of global data survives. `"process"`: any process killed at any instant. A power cut can
     * lose the whole store then, not only the last changes: the disk may have the name of the new file, but not its
     * content. `"power"`: a power cut too, by two flushes to the disk in each change.
     * @default "process"
     */
    globalDataDurability?: Durability;
  }
  interface Packetron {
    /**
     * Stores a value for all processes. Whoever reads after the return, in whatever process, reads it or a newer one.
     *
     * Synchronous. It waits for changes of other processes, `lockTimeout` (5 s) at most, and writes the whole file.
     *
     * @param value `null`, `undefined`, booleans, numbers, BigInts of 64 bits, strings, Dates, Buffers, Uint8Arrays, and
     *   arrays and plain objects of these.
     * @throws PKT_GLOBAL_DATA_KEY, PKT_GLOBAL_DATA_VALUE, PKT_GLOBAL_DATA_TOO_LARGE for what cannot be stored;
     *   PKT_GLOBAL_DATA_LOCKED when the wait ends; PKT_GLOBAL_DATA_NESTED inside updateGlobalData();
     *   PKT_GLOBAL_DATA_DIRECTORY, _UNSAFE, _VERSION, _CORRUPT, _IO for the file. Nothing has changed then.
     * @example
     * server.setGlobalData("maintenance", { since: new Date(), by: "ops" });
     */
    setGlobalData(key: string, value: unknown): void;
    /**
     * The newest value of any process, as a copy of the caller's own; `undefined` for a key that has none. Synchronous;
     * a few microseconds when nothing has changed.
     *
     * @throws PKT_GLOBAL_DATA_KEY; PKT_GLOBAL_DATA_DIRECTORY, _UNSAFE, _VERSION, _CORRUPT, _IO for the file
     * @example
     * const { by } = Object(server.getGlobalData("maintenance"));
     */
    getGlobalData(key: string): unknown;
    /**
     * Replaces a value by what a function makes of it, as one step: no other process changes anything in between.
     * Synchronous, as is the function; it is called again in the rare case that another process has taken over, so it should only
     * compute. When it throws, nothing changes and the error comes through.
     *
     * @returns A copy of the new value.
     * @throws As setGlobalData() does.
     * @example
     * server.updateGlobalData("hits", (hits) => Number(hits ?? 0) + 1);
     */
    updateGlobalData(key: string, change: (value: unknown) => unknown): unknown;
    /**
     * Removes a value for all processes.
     *
     * @returns Whether there was one.
     * @throws As setGlobalData() does.
     */
    deleteGlobalData(key: string): boolean;
  }
}

/** Options of {@link globalData}. */
export interface GlobalDataOptions {
  /**
   * Longest wait of a change for the changes of other processes, in milliseconds. The thread stands still meanwhile; an
   * ordinary wait is well below one. A process that was stopped in the middle of a change uses it up.
   * @default 5000
   */
  lockTimeout?: number;
}

/** Servers of one process share what they have read, and know of each other's changes. */
const shared = new Map<string, GlobalValues>();

/** Of all stores of this process. */
const sizeWarning = new SizeWarning();

/**
 * Adds values that all processes share: `setGlobalData()`, `getGlobalData()`, `updateGlobalData()`, `deleteGlobalData()`,
 * with the options `globalDataNamespace` and `globalDataDurability`. With `NO_GLOBAL_DATA` they are shared by the servers of this
 * process only, and no file is touched.
 *
 * @throws PKT_OPTION_INVALID
 * @example
 * const server = new Packetron({ maxThreads: 4, capabilities: [globalData()] });
 * server.handle({
 *   routePath: "hits",
 *   handler: (request, response) =>
 *     response.sendJson({ hits: server.updateGlobalData("hits", (hits) => Number(hits ?? 0) + 1) }),
 * });
 */
export function globalData(options: GlobalDataOptions = {}): Capability {
  const { lockTimeout = PATIENCE.lock } = options;
  if (!Number.isInteger(lockTimeout) || lockTimeout < 0)
    throw optionError(
      "globalData().lockTimeout",
      lockTimeout,
      "an integer number of milliseconds, 0 or more",
    );
  return {
    name: "@packetron/global-data",
    install(host) {
      const inProcess = (host.settings.flags & PacketronServerFlags.NO_GLOBAL_DATA) !== 0;
      let namespace = "default";
      let writing: WriteOptions = { durable: false, lockTimeout };
      host.serverOption("globalDataNamespace", (value = "default") => {
        assertNamespace(value);
        namespace = value;
      });
      host.serverOption("globalDataDurability", (value = "process") => {
        assertDurability(value);
        writing = { ...writing, durable: value === "power" };
      });
      const values = (): GlobalValues => valuesOf(namespace, inProcess, host.log);
      host.extend("server", "setGlobalData", (key: string, value: unknown) =>
        values().set(key, value, writing),
      );
      host.extend("server", "getGlobalData", (key: string) => values().get(key));
      host.extend("server", "updateGlobalData", (key: string, change: (value: unknown) => unknown) =>
        values().update(key, change, writing),
      );
      host.extend("server", "deleteGlobalData", (key: string) => values().delete(key, writing));
      host.lifecycle({ stopped: () => values().close() });
    },
  };
}

/** @param log Of the first server that uses the namespace in this process. */
function valuesOf(namespace: string, inProcess: boolean, log: Logger): GlobalValues {
  const name = `${inProcess ? "process" : "machine"} ${namespace}`;
  let values = shared.get(name);
  if (values === undefined) {
    values = new GlobalValues(inProcess ? new MemoryStore() : openFile(namespace, log));
    shared.set(name, values);
  }
  return values;
}

function openFile(namespace: string, log: Logger): FileStore {
  return new FileStore({
    places: () => placesOf(namespace),
    onContent: (bytes, data) => sizeWarning.check(log, bytes, data),
  });
}

function assertNamespace(value: unknown): asserts value is string {
  if (typeof value !== "string" || value === "" || !value.isWellFormed())
    throw optionError("globalDataNamespace", value, 'a name such as "shop"');
}

function assertDurability(value: unknown): asserts value is Durability {
  if (value !== "process" && value !== "power")
    throw optionError("globalDataDurability", value, '"process" or "power"');
}
