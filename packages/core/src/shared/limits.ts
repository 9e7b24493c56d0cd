/** The limits of keys and values that processes share, and their checks. */
import { coreError, optionError } from "../errors/errors.ts";

/** The longest key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 512;

/** The largest value, in bytes. It travels over the channel that also carries connections, which must not block. */
export const MAX_VALUE_BYTES: number = 1024 * 1024;

/** @throws PKT_OPTION_INVALID unless the key is a text of 1 to 512 bytes. */
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

/** @throws PKT_OPTION_INVALID unless the time is a number of milliseconds above 0. */
export function assertTtl(ttl: unknown): asserts ttl is number {
  if (typeof ttl !== "number" || !Number.isFinite(ttl) || ttl <= 0)
    throw optionError("ttl", ttl, "a time in milliseconds above 0");
}

/** @throws PKT_OPTION_INVALID for a value that is larger than 1 MiB. */
export function assertSize(bytes: number): void {
  if (bytes <= MAX_VALUE_BYTES) return;
  const expected = `at most ${MAX_VALUE_BYTES} bytes; share a part of it`;
  throw coreError("PKT_OPTION_INVALID", { option: "value", received: `${bytes} bytes`, expected });
}
