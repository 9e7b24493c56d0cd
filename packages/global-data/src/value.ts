/**
 * Values of users to values that BSON holds exactly, and back. What would come back changed is refused: BSON libraries
 * drop functions, turn Maps into objects, invalid Dates into 1970 and lone surrogates into question marks, silently.
 *
 * Both ways copy, so nobody can change what is stored by changing what was given or got.
 */
import type { Binary, MinKey } from "bson";
import { bson } from "./bson.ts";
import { globalDataError } from "./errors.ts";

/** Levels of arrays and objects in one value. Far beyond what data has, and safe for the call stack of any caller. */
export const MAX_DEPTH = 500;

/** Bytes that all values may take together; each change writes them all. */
export const MAX_BYTES: number = 64 * 1024 * 1024;

/**
 * Values within one value, itself included: a million takes a quarter of a second to copy. A few arrays that hold each
 * other twice can stand for billions.
 */
export const MAX_VALUES = 1_000_000;

/** A value as it is stored; plain objects have escaped keys. */
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

/** Bytes of a Uint8Array; those of a Buffer have the default subtype. */
const UINT8_ARRAY = 0x80; // the first of those that BSON leaves to its users

/** BSON has no writable `undefined` any more. This value of its own type stands for it; users have no other way to it. */
function isUndefined(value: object): value is MinKey {
  return value instanceof bson().MinKey;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * Copies a value into the form that is stored.
 *
 * @throws PKT_GLOBAL_DATA_VALUE naming the place in the value, PKT_GLOBAL_DATA_TOO_LARGE
 */
export function toStored(value: unknown): Stored {
  return new Converter().convert(value, "", 0);
}

/** Copies a stored value into the form that users see. */
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
 * The name of a key in BSON. `$ref` and `$id` make the BSON library read an object as a reference, `_bsontype` one of its
 * classes, and `__proto__` is dangerous wherever objects are copied: they, and what begins as they do then, get a `$` more.
 */
export function escapeKey(key: string): string {
  return key.startsWith("$") || key === "_bsontype" || key === "__proto__" ? `$${key}` : key;
}

/** The opposite of {@link escapeKey}. */
export function unescapeKey(name: string): string {
  return name.startsWith("$") ? name.slice(1) : name;
}

/** What is wrong with a string as a key; `undefined` when nothing is. */
export function keyProblem(key: string): string | undefined {
  // BSON ends the names of members with a NUL byte.
  if (key.includes("\0")) return "a key with a NUL character";
  return key.isWellFormed() ? undefined : "a key with half a surrogate pair";
}

const OWN = { configurable: true, enumerable: true, writable: true };

function toBytes(binary: Binary): Uint8Array {
  const bytes = binary.buffer.subarray(0, binary.position);
  return binary.sub_type === UINT8_ARRAY ? Uint8Array.from(bytes) : Buffer.from(bytes);
}

/** One conversion: what it has seen so far. */
class Converter {
  readonly #ancestors = new Set<object>();
  #bytes = 0;
  #values = 0;

  convert(value: unknown, path: string, depth: number): Stored {
    if (++this.#values > MAX_VALUES) throw tooLarge(`${MAX_VALUES} values within one`);
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
        if (!value.isWellFormed()) throw refused("a string with half a surrogate pair", path);
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
    // Holes would come back as undefined, and named members of an array not at all.
    if (Reflect.ownKeys(value).length !== value.length + 1)
      throw refused("an array with holes or members", path);
    const copy: Stored[] = [];
    for (const [index, item] of value.entries())
      copy.push(this.convert(item, `${path}[${index}]`, depth + 1));
    return copy;
  }

  #members(value: object, path: string, depth: number, prototype: unknown): Stored {
    // The second look is for plain objects of another realm, such as `node:vm`'s.
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

  /** A lower bound of the size, so that what is much too large is not copied first. */
  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_BYTES) throw tooLarge(`${MAX_BYTES} bytes`);
  }
}

/** What there is too much of. */
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

/** The path may hold secrets of the user's no more than keys do; it is shortened all the same. */
function refused(what: string, path: string): Error {
  const where = path === "" ? "" : ` (at ${path.length > 100 ? `${path.slice(0, 100)}…` : path})`;
  return globalDataError("PKT_GLOBAL_DATA_VALUE", { what, where });
}
