/** The capability: its options, and the methods that it adds to servers. */
import type { Capability, Logger } from "@packetron/core";
import { assertOptions, fromCaller, optionError, PacketronServerFlags } from "@packetron/core/capability";
import { placesOf } from "./directory.ts";
import { SizeWarning } from "./size-warning.ts";
import { FileStore, MemoryStore, type WriteOptions } from "./store.ts";
import { GlobalValues } from "./values.ts";
import { DELAYS } from "./wait.ts";

/** What a finished change survives: `"process"` only the kill of a process, `"power"` also a power cut. */
export type Durability = "process" | "power";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * The name of a set of values. All servers with the same name share their values, if they run on one machine and
     * for one user of the operating system.
     * @default "default"
     */
    globalDataNamespace?: string;
    /**
     * What a finished change of global data survives. With `"process"`, any process can be killed at any instant. But a
     * power cut can lose the whole store, not only the last changes: the disk may have the name of the new file without
     * its content. With `"power"`, changes survive a power cut, too: each change makes two flushes to the disk.
     * @default "process"
     */
    globalDataDurability?: Durability;
  }
  interface Packetron {
    /**
     * Stores a value for all processes. After the return, every process reads this value or a newer one.
     *
     * The method is synchronous: it blocks the thread until other processes have ended their changes, at most for
     * `lockTimeout` (5 s), and then writes the whole file.
     *
     * @param value `null`, `undefined`, booleans, numbers, BigInts of 64 bits, strings, Dates, Buffers, Uint8Arrays,
     *   and arrays and plain objects that contain such values.
     * @throws PKT_GLOBAL_DATA_KEY, PKT_GLOBAL_DATA_VALUE, PKT_GLOBAL_DATA_TOO_LARGE when the value cannot be stored;
     *   PKT_GLOBAL_DATA_LOCKED after `lockTimeout`; PKT_GLOBAL_DATA_NESTED inside updateGlobalData();
     *   PKT_GLOBAL_DATA_DIRECTORY, _UNSAFE, _VERSION, _CORRUPT, _IO when the file cannot be used. After an error, the
     *   value is not stored, unless the message of PKT_GLOBAL_DATA_IO says that the value is stored.
     * @example
     * server.setGlobalData("maintenance", { since: new Date(), by: "ops" });
     */
    setGlobalData(key: string, value: unknown): void;
    /**
     * Returns a copy of the newest value of all processes; `undefined` for a key without a value. Synchronous: takes a
     * few microseconds when nothing has changed.
     *
     * @throws PKT_GLOBAL_DATA_KEY; PKT_GLOBAL_DATA_DIRECTORY, _UNSAFE, _VERSION, _CORRUPT, _IO when the file cannot be
     *   used
     * @example
     * const { by } = Object(server.getGlobalData("maintenance"));
     */
    getGlobalData(key: string): unknown;
    /**
     * Replaces a value by the result of `change(value)`, as one step: no other process changes a value in between.
     * The method and `change` are synchronous. `change` should only compute, because `change` is called again in the
     * rare case that another process takes over the lock. When `change` throws, the value stays as it was, and this
     * method throws the same error.
     *
     * @returns A copy of the new value.
     * @throws The errors of setGlobalData(), and those of `change`.
     * @example
     * server.updateGlobalData("hits", (hits) => Number(hits ?? 0) + 1);
     */
    updateGlobalData(key: string, change: (value: unknown) => unknown): unknown;
    /**
     * Removes a value for all processes.
     *
     * @returns Whether the key had a value.
     * @throws The errors of setGlobalData().
     */
    deleteGlobalData(key: string): boolean;
  }
}

/** Options of {@link globalData}. */
export interface GlobalDataOptions {
  /**
   * How long a change waits for the changes of other processes, in milliseconds. The wait blocks the thread, usually
   * for less than one millisecond. If another process was stopped during its change, the wait lasts the whole time.
   * @default 5000
   */
  lockTimeout?: number;
}

/** The values by namespace (name of a set of values). All servers of this process with one namespace share them. */
const shared = new Map<string, GlobalValues>();

/** The size warning for all stores of this process. */
const sizeWarning = new SizeWarning();

/**
 * Adds values that all processes share: `setGlobalData()`, `getGlobalData()`, `updateGlobalData()`,
 * `deleteGlobalData()`, with the options `globalDataNamespace` and `globalDataDurability`. With `NO_GLOBAL_DATA`,
 * only the servers of this process share them, and there is no file.
 *
 * @throws PKT_OPTION_INVALID when `lockTimeout` is not an integer of 0 or more
 * @example
 * const server = new Packetron({ maxThreads: 4, capabilities: [globalData()] });
 * server.handle({
 *   routePath: "hits",
 *   handler: (request, response) =>
 *     response.sendJson({ hits: server.updateGlobalData("hits", (hits) => Number(hits ?? 0) + 1) }),
 * });
 */
export function globalData(options: GlobalDataOptions = {}): Capability {
  const lockTimeout = fromCaller(globalData, () => readLockTimeout(options));
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

function readLockTimeout(options: GlobalDataOptions): number {
  const { lockTimeout = DELAYS.lockTimeout } = options;
  assertOptions("globalData()", options, ["lockTimeout"], "an object such as { lockTimeout: 5000 }");
  if (Number.isInteger(lockTimeout) && lockTimeout >= 0) return lockTimeout;
  throw optionError("globalData().lockTimeout", lockTimeout, "an integer number of milliseconds, 0 or more");
}

/**
 * Returns the values of a namespace.
 *
 * @param log The log of a server. Warnings go to the log of the first server that uses the namespace in this process.
 */
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
