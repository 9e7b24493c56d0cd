/** The limits and the errors that all implementations of shared services have in common. */
import type { PacketronError } from "../errors/define-errors.ts";
import { coreError, optionError } from "../errors/errors.ts";
import type { LeasePolicy } from "./shared-services.ts";

/** The longest key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 512;

/** The largest value, in bytes. It travels over the channel that also carries connections, which must not block. */
export const MAX_VALUE_BYTES: number = 1024 * 1024;

/**
 * Checks a key of shared services.
 *
 * @throws PKT_OPTION_INVALID unless the key is a text of 1 to 512 bytes.
 * @example
 * assertKey(key);
 */
export function assertKey(key: unknown, name = "key"): asserts key is string {
  const fits =
    typeof key === "string" &&
    key !== "" &&
    // Each UTF-16 unit has at most three bytes, so short keys need no count.
    (key.length * 3 <= MAX_KEY_BYTES || Buffer.byteLength(key) <= MAX_KEY_BYTES);
  if (fits) return;
  const expected = `a text of 1 to ${MAX_KEY_BYTES} bytes; hash a longer one`;
  if (typeof key !== "string" || key === "") throw optionError(name, key, expected);
  throw coreError("PKT_OPTION_INVALID", {
    option: name,
    received: `${Buffer.byteLength(key)} bytes`,
    expected,
  });
}

/**
 * Checks a time to live of shared services.
 *
 * @throws PKT_OPTION_INVALID unless the time is a number of milliseconds above 0.
 * @example
 * assertTtl(options.ttl);
 */
export function assertTtl(ttl: unknown): asserts ttl is number {
  if (typeof ttl !== "number" || !Number.isFinite(ttl) || ttl <= 0)
    throw optionError("ttl", ttl, "a time in milliseconds above 0");
}

/**
 * Checks the size of a value of shared services, in bytes.
 *
 * @throws PKT_OPTION_INVALID for a value that is larger than 1 MiB.
 * @example
 * assertSize(bytes.byteLength);
 */
export function assertSize(bytes: number): void {
  if (bytes <= MAX_VALUE_BYTES) return;
  const expected = `at most ${MAX_VALUE_BYTES} bytes; share a part of it`;
  throw coreError("PKT_OPTION_INVALID", { option: "value", received: `${bytes} bytes`, expected });
}

/**
 * Checks the policy of a lease.
 *
 * @throws PKT_OPTION_INVALID unless limit, window and burst are numbers of 1 or more.
 * @example
 * assertPolicy({ limit: 10, window: 60_000, burst: 10 });
 */
export function assertPolicy(policy: LeasePolicy): void {
  const { limit, window, burst } = policy;
  const isValid = [limit, window, burst].every((value) => Number.isFinite(value) && value >= 1);
  if (isValid) return;
  const received = `limit ${limit}, window ${window}, burst ${burst}`;
  throw coreError("PKT_OPTION_INVALID", { option: "policy", received, expected: "numbers of 1 or more" });
}

/**
 * Checks a number of units of a lease.
 *
 * @param name The name of the argument, for the message.
 * @throws PKT_OPTION_INVALID unless the number is an integer of 1 or more.
 * @example
 * assertUnits("want", want);
 */
export function assertUnits(name: string, units: number): void {
  if (!Number.isSafeInteger(units) || units < 1) throw optionError(name, units, "an integer of 1 or more");
}

/**
 * Makes the error PKT_SHARED_UNAVAILABLE: a call could not be made, or has no answer.
 *
 * @param call The call, such as `"get()"`.
 * @example
 * throw sharedUnavailable("get()", "the store did not answer within 250 ms", error);
 */
export function sharedUnavailable(call: string, reason: string, cause?: unknown): PacketronError {
  return coreError("PKT_SHARED_UNAVAILABLE", { call, reason }, cause);
}

/**
 * Makes the error PKT_SHARED_NOT_NUMBER: `add()` was called for a value that is not a number.
 *
 * @example
 * throw sharedNotNumber(key, "its value is not a number");
 */
export function sharedNotNumber(key: string, reason: string): PacketronError {
  return coreError("PKT_SHARED_NOT_NUMBER", { key, reason });
}

/**
 * Makes the error PKT_SHARED_FULL: the store has no room for a value.
 *
 * @param what What has no room, with the limit.
 * @param cure What to do, as a sentence.
 * @example
 * throw sharedFull("values: the store is full", "Give values a ttl.", error);
 */
export function sharedFull(what: string, cure: string, cause?: unknown): PacketronError {
  return coreError("PKT_SHARED_FULL", { what, cure }, cause);
}
