/** Bytes by key in the memory of one process, with versions, times to live and a bound on their size. */
import { assertKey, assertSize, assertTtl } from "../capability/shared-checks.ts";
import type { Entry, StoreOptions } from "../capability/shared-services.ts";
import { coreError, optionError } from "../errors/errors.ts";
import { type Clock, SECOND } from "./clock.ts";

/** What an entry costs beside its key and its value, in bytes: objects, the version, a place in the map. */
const ENTRY_BYTES = 200;

interface Stored {
  readonly bytes: Uint8Array;
  readonly version: bigint;
  /** By the clock of the store; infinite without a time to live. */
  readonly endsAt: number;
}

/** Keeps bytes by key. Each call takes effect at once, so the order of the calls is that of their effects. */
export class MemoryStore {
  readonly #now: Clock;
  readonly #limit: number;
  readonly #entries = new Map<string, Stored>();
  #size = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;
  /** Common to all keys, so that a key that is deleted and set again has a new version. */
  #lastVersion = 0n;

  /** @param limit The most bytes of all keys and values together. */
  constructor(now: Clock, limit: number) {
    this.#now = now;
    this.#limit = limit;
  }

  get(key: string): Entry | undefined {
    assertKey(key);
    const stored = this.#read(key);
    // A copy: a caller that changed the bytes would change the store.
    return stored && { bytes: Uint8Array.from(stored.bytes), version: stored.version };
  }

  set(key: string, bytes: Uint8Array, { ttl, ifVersion }: StoreOptions = {}): bigint | null {
    assertKey(key);
    assertSize(bytes.byteLength);
    if (ifVersion !== undefined && (this.#read(key)?.version ?? 0n) !== ifVersion) return null;
    return this.#write(key, Uint8Array.from(bytes), this.#endOf(ttl)).version;
  }

  add(key: string, by: number, { ttl }: Pick<StoreOptions, "ttl"> = {}): number {
    assertKey(key);
    if (!Number.isFinite(by)) throw optionError("by", by, "a finite number");
    const stored = this.#read(key);
    const sum = (stored === undefined ? 0 : numberOf(key, stored.bytes)) + by;
    if (!Number.isFinite(sum))
      throw coreError("PKT_SHARED_NOT_NUMBER", { key, reason: "the sum is too large" });
    this.#write(key, Buffer.from(String(sum), "latin1"), stored?.endsAt ?? this.#endOf(ttl));
    return sum;
  }

  delete(key: string): boolean {
    assertKey(key);
    const existed = this.#read(key) !== undefined;
    this.#remove(key);
    return existed;
  }

  /** How many entries there are, and their bytes. */
  get usage(): { readonly values: number; readonly bytes: number } {
    return { values: this.#entries.size, bytes: this.#size };
  }

  #endOf(ttl: number | undefined): number {
    if (ttl === undefined) return Number.POSITIVE_INFINITY;
    assertTtl(ttl);
    return this.#now() + Math.ceil(ttl * 1_000);
  }

  #read(key: string): Stored | undefined {
    const stored = this.#entries.get(key);
    if (stored === undefined || stored.endsAt > this.#now()) return stored;
    this.#remove(key);
    return undefined;
  }

  #write(key: string, bytes: Uint8Array, endsAt: number): Stored {
    const former = this.#entries.get(key);
    const growth = sizeOf(key, bytes) - (former === undefined ? 0 : sizeOf(key, former.bytes));
    if (growth > 0 && this.#size + growth > this.#limit && !this.#makeRoom(growth))
      throw coreError("PKT_SHARED_FULL", {
        what: `shared values: the limit is ${this.#limit} bytes`,
        cure: "Give values a ttl, delete those of no use, or raise sharedMemoryLimit.",
      });
    const stored = { bytes, version: ++this.#lastVersion, endsAt };
    this.#entries.set(key, stored);
    this.#size += growth;
    return stored;
  }

  /** Deletes the entries whose time is over, at most once a second, because the search costs time for each entry. */
  #makeRoom(growth: number): boolean {
    const now = this.#now();
    if (now < this.#sweptAt + SECOND) return false;
    this.#sweptAt = now;
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.#remove(key);
    return this.#size + growth <= this.#limit;
  }

  #remove(key: string): void {
    const stored = this.#entries.get(key);
    if (stored === undefined) return;
    this.#entries.delete(key);
    this.#size -= sizeOf(key, stored.bytes);
  }
}

function sizeOf(key: string, bytes: Uint8Array): number {
  return 2 * key.length + bytes.byteLength + ENTRY_BYTES;
}

function numberOf(key: string, bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString("latin1");
  const number = Number(text);
  if (/^-?\d/.test(text) && Number.isFinite(number)) return number;
  throw coreError("PKT_SHARED_NOT_NUMBER", { key, reason: "its value is not a number" });
}
