/** Temporary directories, so that no test sees the files of another one. */
import { accessSync, constants, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Places, placesOf } from "../src/directory.ts";
import { FileStore, type FileStoreOptions, type WriteOptions } from "../src/store.ts";
import { GlobalValues } from "../src/values.ts";

/** The options of changes in tests. The timeout suffices on a loaded machine, too. */
export const WRITING: WriteOptions = { durable: false, lockTimeout: 5_000 };

/** Creates a directory in the place of the temporary one. The end of the test removes it. */
export function createParent(): string {
  return createDirectoryIn(realpathSync(tmpdir()));
}

/**
 * Creates a directory for some thousands of files. In the memory of Linux they take a third of the CPU that they take on a
 * disk, which the long runs use. The end of the test removes it.
 */
export function createLargeParent(): string {
  const full = process.env["PACKETRON_TEST_FULL"] !== undefined;
  return createDirectoryIn(!full && isWritable(MEMORY) ? MEMORY : realpathSync(tmpdir()));
}

const MEMORY = "/dev/shm";

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function createDirectoryIn(parent: string): string {
  const path = mkdtempSync(join(parent, "packetron-global-data-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Creates values in a new file. */
export function createValues(options: Omit<FileStoreOptions, "places"> = {}): {
  values: GlobalValues;
  places: Places;
} {
  const places = placesOf("test", createParent());
  return { values: openValues(places, options), places };
}

/** Opens values as another process would: only the file is shared with the other values. */
export function openValues(places: Places, options: Omit<FileStoreOptions, "places"> = {}): GlobalValues {
  const values = new GlobalValues(new FileStore({ ...options, places: () => places }));
  onTestFinished(() => values.close());
  return values;
}

/** The sorted file names in the directory of a namespace. */
export function listFiles(places: Places): string[] {
  return readdirSync(places.directory).sort();
}

/** Returns the error that a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
