/**
 * Converts values of users to values that BSON represents exactly, and back. Other values are refused, because BSON
 * libraries silently change them: they drop functions, and turn Maps into objects, invalid Dates into 1970 and lone
 * surrogates into question marks.
 *
 * Both conversions copy. So a user who changes a value that was stored or returned does not change the store.
 */
import type { Binary, MinKey } from "bson";
import { bson } from "./bson.ts";
import { globalDataError } from "./errors.ts";

/** How deep arrays and objects may be nested in one value: far deeper than real data, and safe for the call stack. */
export const MAX_DEPTH = 500;

/** Limit of the bytes of all values together, because each change of a value writes all values to disk. */
export const MAX_BYTES: number = 64 * 1024 * 1024;

/**
 * How many values one value may contain, including itself. The copy of a million values takes a quarter of a second.
 * Without this limit, a small value could take for ever: nested arrays that each contain the same array twice expand to
 * billions of values.
 */
export const MAX_VALUES = 1_000_000;

/** A value in the form that is written to the file: keys of plain objects are escaped with `escapeKey()`. */
export type Stored =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Binary
  | MinKey
  | Stored[]
  | { [key: string]: Stored };

/** The BSON subtype for a Uint8Array: the first subtype that is free for applications. A Buffer has the subtype 0. */
const UINT8_ARRAY = 0x80;

/**
 * Whether a stored value stands for `undefined`. The BSON library cannot write `undefined`, so a MinKey is stored
 * instead. No other value of a user becomes a MinKey.
 */
function isUndefined(value: object): value is MinKey {
  return value instanceof bson().MinKey;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Copies a user's value into its stored form.
 *
 * @throws PKT_GLOBAL_DATA_VALUE naming the place in the value, PKT_GLOBAL_DATA_TOO_LARGE
 */
export function toStored(value: unknown): Stored {
  return new Converter().convert(value, "", 0);
}

/** Copies a stored value into the value that a user gets. */
export function fromStored(value: Stored): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(fromStored);
  if (value instanceof Date) return new Date(value);
  if (value instanceof bson().Binary) return toBytes(value);
  if (isUndefined(value)) return undefined;
  const copy: Record<string, unknown> = {};
  for (const [escaped, member] of Object.entries(value)) {
    const key = unescapeKey(escaped);
    // An assignment to `__proto__` would set the prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, { ...OWN, value: fromStored(member) });
    else copy[key] = fromStored(member);
  }
  return copy;
}

/**
 * Returns the name under which a key is stored in BSON. The BSON library treats an object with the keys `$ref` and
 * `$id`, or with the key `_bsontype`, as an object of its own classes. Code that copies objects may set the prototype
 * for a key `__proto__`. So these keys, and all keys that begin with `$`, get the prefix `$`.
 */
export function escapeKey(key: string): string {
  return key.startsWith("$") || key === "_bsontype" || key === "__proto__" ? `$${key}` : key;
}

/** Returns the user's key for a stored name: the reverse of {@link escapeKey}. */
export function unescapeKey(name: string): string {
  return name.startsWith("$") ? name.slice(1) : name;
}

/** Returns the reason why a string cannot be a key; `undefined` when the string can be a key. */
export function keyProblem(key: string): string | undefined {
  // BSON ends the names of members with a NUL byte.
  if (key.includes("\0")) return "a key with a NUL character";
  return key.isWellFormed() ? undefined : "a key with a lone surrogate";
}

const OWN = { configurable: true, enumerable: true, writable: true };

function toBytes(binary: Binary): Uint8Array {
  const bytes = binary.buffer.subarray(0, binary.position);
  return binary.sub_type === UINT8_ARRAY ? Uint8Array.from(bytes) : Buffer.from(bytes);
}

/** Converts one user's value to its stored form, and counts the values and bytes that the value contains. */
class Converter {
  readonly #ancestors = new Set<object>();
  #bytes = 0;
  #values = 0;

  convert(value: unknown, path: string, depth: number): Stored {
    if (++this.#values > MAX_VALUES) throw tooLarge(`${MAX_VALUES} values within one value`);
    switch (typeof value) {
      case "undefined":
        return new (bson().MinKey)();
      case "boolean":
      case "number":
        return value;
      case "bigint":
        if (value < INT64_MIN || value > INT64_MAX) throw refused("a BigInt of more than 64 bits", path);
        return value;
      case "string":
        if (!value.isWellFormed()) throw refused("a string with a lone surrogate", path);
        this.#count(value.length);
        return value;
      case "object":
        return value === null ? null : this.#object(value, path, depth);
      default:
        throw refused(`a ${typeof value}`, path);
    }
  }

  #object(value: object, path: string, depth: number): Stored {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (value instanceof Date && prototype === Date.prototype) return copyDate(value, path);
    if (value instanceof Uint8Array && prototype === Buffer.prototype) return this.#binary(value, 0);
    if (value instanceof Uint8Array && prototype === Uint8Array.prototype)
      return this.#binary(value, UINT8_ARRAY);
    if (depth >= MAX_DEPTH) throw refused(`more than ${MAX_DEPTH} levels`, path);
    if (this.#ancestors.has(value)) throw refused("a value that contains itself", path);
    this.#ancestors.add(value);
    const copy = Array.isArray(value)
      ? this.#array(value, path, depth, prototype)
      : this.#members(value, path, depth, prototype);
    this.#ancestors.delete(value);
    return copy;
  }

  #array(value: readonly unknown[], path: string, depth: number, prototype: unknown): Stored[] {
    if (prototype !== Array.prototype) throw refused(describe(value), path);
    // BSON would return holes as undefined, and would drop named members of an array.
    if (Reflect.ownKeys(value).length !== value.length + 1)
      throw refused("an array with holes or members", path);
    const copy: Stored[] = [];
    for (const [index, item] of value.entries())
      copy.push(this.convert(item, `${path}[${index}]`, depth + 1));
    return copy;
  }

  #members(value: object, path: string, depth: number, prototype: unknown): Stored {
    // A plain object of another realm, such as one of `node:vm`, has a prototype whose prototype is null.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw refused(describe(value), path);
    if (Object.getOwnPropertySymbols(value).length > 0) throw refused("an object with symbol keys", path);
    const copy: { [key: string]: Stored } = {};
    for (const [key, member] of Object.entries(value)) {
      const problem = keyProblem(key);
      if (problem !== undefined) throw refused(problem, path);
      this.#count(key.length);
      copy[escapeKey(key)] = this.convert(member, `${path}.${key}`, depth + 1);
    }
    return copy;
  }

  #binary(bytes: Uint8Array, subtype: number): Binary {
    this.#count(bytes.length);
    return new (bson().Binary)(Uint8Array.from(bytes), subtype);
  }

  /** Adds to a lower bound of the value's size, so that a value that is too large is refused before it is copied. */
  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_BYTES) throw tooLarge(`${MAX_BYTES} bytes`);
  }
}

/** Creates the error for values that exceed a limit. */
export function tooLarge(limit: string): Error {
  return globalDataError("PKT_GLOBAL_DATA_TOO_LARGE", { limit });
}

function copyDate(date: Date, path: string): Date {
  const time = date.getTime();
  if (Number.isNaN(time)) throw refused("an invalid Date", path);
  return new Date(time);
}

function describe(value: object): string {
  const maker: unknown = Reflect.get(value, "constructor");
  const name = typeof maker === "function" ? maker.name : "";
  return name === "" ? "an object with a prototype of its own" : `an instance of ${name}`;
}

/**
 * Creates the error for a value that cannot be stored. The message has `path`, which contains keys but no values, so
 * that no secret value gets into a log. The path is shortened to 100 characters.
 */
function refused(what: string, path: string): Error {
  const where = path === "" ? "" : ` (at ${path.length > 100 ? `${path.slice(0, 100)}…` : path})`;
  return globalDataError("PKT_GLOBAL_DATA_VALUE", { what, where });
}
