/** The shared services of one program in the memory of this process: the primary, or a process that serves alone. */
import type {
  Bus,
  Entry,
  Lease,
  LeasePolicy,
  Leases,
  Lock,
  Locks,
  SharedServices,
  Store,
} from "../capability/shared-services.ts";
import { type Clock, processClock } from "./clock.ts";
import { type Holders, MemoryLeases } from "./memory-leases.ts";
import { MemoryLocks } from "./memory-locks.ts";
import { MemoryStore } from "./memory-store.ts";

/** What {@link MemoryServices} are made of. */
export interface MemoryServicesOptions {
  readonly bus: Bus;
  /** The most bytes of keys and values. */
  readonly memoryLimit: number;
  /** By default the clock of this process. */
  readonly now?: Clock;
}

/** Leases, locks and data in memory. Workers reach them over IPC, and this process by its own calls. */
export class MemoryServices implements SharedServices {
  readonly scope = "program";
  readonly state = "up";
  readonly bus: Bus;
  readonly memory: {
    readonly leases: MemoryLeases;
    readonly locks: MemoryLocks;
    readonly store: MemoryStore;
  };
  readonly leases: Leases;
  readonly locks: Locks;
  readonly store: Store;
  /** Who takes leases. */
  others: Holders = { holders: 1, programs: 1 };

  constructor({ bus, memoryLimit, now = processClock }: MemoryServicesOptions) {
    const leases = new MemoryLeases(now);
    const locks = new MemoryLocks(now);
    const store = new MemoryStore(now, memoryLimit);
    this.bus = bus;
    this.memory = { leases, locks, store };
    this.leases = {
      take: async (key: string, policy: LeasePolicy, want: number, least = 1): Promise<Lease> =>
        leases.take(key, policy, want, least, this.others),
      giveBack: (lease, units) => leases.giveBack(lease, units),
    };
    this.locks = { acquire: async (name, ttl) => acquire(locks, name, ttl, this) };
    this.store = {
      get: async (key): Promise<Entry | undefined> => store.get(key),
      set: async (key, bytes, options) => store.set(key, bytes, options),
      add: async (key, by, options) => store.add(key, by, options),
      delete: async (key) => store.delete(key),
    };
  }
}

function acquire(locks: MemoryLocks, name: string, ttl: number, holder: object): Lock | null {
  const asked = performance.now();
  const token = locks.acquire(name, ttl, holder);
  if (token === null) return null;
  let until = asked + ttl;
  return {
    token,
    get until() {
      return until;
    },
    async renew() {
      const renewed = performance.now();
      if (!locks.renew(name, token, ttl)) return false;
      until = renewed + ttl;
      return true;
    },
    release: async () => locks.release(name, token),
  };
}
