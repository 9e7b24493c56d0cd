/** The methods that read and change global data: they check keys, copy values, and allow one change at a time. */
import { globalDataError } from "./errors.ts";
import type { StoredData } from "./format.ts";
import type { Change, Store, WriteOptions } from "./store.ts";
import { escapeKey, fromStored, keyProblem, type Stored, toStored } from "./value.ts";

/** The values of one namespace (a named set of values). All servers of a process with this namespace share it. */
export class GlobalValues {
  readonly #store: Store;
  #isChanging = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Returns a copy of the newest value; `undefined` for a key without a value. */
  get(key: string): unknown {
    const name = toName(key);
    return copyOf(this.#store.read(), name);
  }

  set(key: string, value: unknown, options: WriteOptions): void {
    const name = toName(key);
    const stored = toStored(value);
    this.#write((data) => ({ ...data, [name]: stored }), options);
  }

  /** Replaces a value by the result of `change(value)`, and returns a copy of the result. */
  update(key: string, change: (value: unknown) => unknown, options: WriteOptions): unknown {
    const name = toName(key);
    let stored: Stored = null;
    this.#write((data) => {
      stored = toStored(change(copyOf(data, name)));
      return { ...data, [name]: stored };
    }, options);
    return fromStored(stored);
  }

  /** Removes a value, and returns whether the key had one. */
  delete(key: string, options: WriteOptions): boolean {
    const name = toName(key);
    let existed = false;
    this.#write((data) => {
      existed = Object.hasOwn(data, name);
      const { [name]: _, ...rest } = data;
      return existed ? rest : undefined;
    }, options);
    return existed;
  }

  close(): void {
    this.#store.close();
  }

  /** Changes the store. A change inside a change is refused, because it would wait for the lock of the outer change. */
  #write(change: Change, options: WriteOptions): void {
    if (this.#isChanging) throw globalDataError("PKT_GLOBAL_DATA_NESTED");
    this.#isChanging = true;
    try {
      this.#store.write(change, options);
    } finally {
      this.#isChanging = false;
    }
  }
}

function copyOf(data: StoredData, name: string): unknown {
  const stored = Object.hasOwn(data, name) ? data[name] : undefined;
  return stored === undefined ? undefined : fromStored(stored);
}

function toName(key: unknown): string {
  const expected = "without NUL characters and lone surrogates";
  if (typeof key !== "string")
    throw globalDataError("PKT_GLOBAL_DATA_KEY", { expected, received: `a value of type ${typeof key}` });
  const problem = keyProblem(key);
  if (problem !== undefined) throw globalDataError("PKT_GLOBAL_DATA_KEY", { expected, received: problem });
  return escapeKey(key);
}
