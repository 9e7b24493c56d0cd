/** Temporary directories, as if each test had a machine of its own. */
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Places, placesOf } from "../src/directory.ts";
import { FileStore, type FileStoreParts, type WriteOptions } from "../src/store.ts";
import { GlobalValues } from "../src/values.ts";

/** How tests write: the patience is enough for whatever a loaded machine does. */
export const WRITING: WriteOptions = { durable: false, lockTimeout: 5_000 };

/** A directory in the place of the temporary one, removed at the end of the test. */
export function createParent(): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), "packetron-global-data-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Values in a file of their own. */
export function createValues(parts: Omit<FileStoreParts, "places"> = {}): {
  values: GlobalValues;
  places: Places;
} {
  const places = placesOf("test", createParent());
  return { values: openValues(places, parts), places };
}

/** Values of another process, so to speak: nothing is shared with the others but the file. */
export function openValues(places: Places, parts: Omit<FileStoreParts, "places"> = {}): GlobalValues {
  const values = new GlobalValues(new FileStore({ ...parts, places: () => places }));
  onTestFinished(() => values.close());
  return values;
}

/** What is in the directory of the places, sorted. */
export function listFiles(places: Places): string[] {
  return readdirSync(places.directory).sort();
}

/** What a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
