/** The calls of shared services, in a form that two processes can send to each other. */
import type { Entry, Lease, LeasePolicy, StoreOptions } from "../capability/shared-services.ts";

/** Every call, as the process answers it that holds the data. */
export interface SharedCalls {
  take(key: string, policy: LeasePolicy, want: number, least: number): Lease;
  giveBack(lease: Lease, units: number): void;
  /** Returns the fencing token; `null` when another holder has the lock. */
  acquire(name: string, ttl: number): bigint | null;
  renew(name: string, token: bigint, ttl: number): boolean;
  release(name: string, token: bigint): void;
  get(key: string): Entry | undefined;
  set(key: string, bytes: Uint8Array, options?: StoreOptions): bigint | null;
  add(key: string, by: number, options?: Pick<StoreOptions, "ttl">): number;
  delete(key: string): boolean;
}

/** The name of a call. */
export type CallName = keyof SharedCalls;

/** Makes calls, in this process or in another one. */
export interface Caller {
  /** Whether calls can succeed now. */
  readonly state: "up" | "down";
  /** @throws PKT_SHARED_UNAVAILABLE, and the errors of the call (as a rejection). */
  call<Name extends CallName>(
    name: Name,
    ...args: Parameters<SharedCalls[Name]>
  ): Promise<ReturnType<SharedCalls[Name]>>;
}

/** The way of the calls of a worker to the primary. */
export interface CallLink {
  readonly isConnected: boolean;
  /** Sends a call. Returns `false` when the primary has exited, or does not read its messages. */
  send(payload: string): boolean;
  /** Sets the function that gets the primary's answers. */
  receive(hear: (payload: string) => void): void;
}
