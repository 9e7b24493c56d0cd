/** A reader sees every change of the file, also those that leave times and inode numbers as they were. */
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { nodeFileSystem } from "../src/file-system.ts";
import { encodeFile } from "../src/format.ts";
import { createValues, openValues, WRITING } from "./_folder.ts";
import { hookedFileSystem } from "./_processes.ts";

describe("a reader that has read before sees what another process changed:", () => {
  test.each<[string, (file: string) => void, unknown]>([
    ["the file replaced by one of the same size and times", replaceWithSameTimes, 2],
    ["the file replaced while a second name keeps the old one", replaceWithSecondName, 2],
    ["the file rewritten in place, under the same inode number and times", rewriteInPlace, 2],
    ["the file moved away", (file) => renameSync(file, `${file}.away`), undefined],
    ["the directory removed", (file) => rmSync(file.replace(/[^/]+$/, ""), { recursive: true }), undefined],
  ])("%s", (_, change, expected) => {
    const { values, places } = createValues();
    values.set("key", 1, WRITING);
    expect(values.get("key")).toBe(1);
    change(places.file);
    expect(values.get("key")).toBe(expected);
  });

  test("a thousand changes, each directly after the change", () => {
    const { values: writer, places } = createValues();
    const reader = openValues(places);
    for (let value = 0; value < 1_000; value++) {
      writer.set("key", value, WRITING);
      expect(reader.get("key")).toBe(value);
    }
  });

  test("a value that was removed", () => {
    const { values: writer, places } = createValues();
    const reader = openValues(places);
    writer.set("key", 1, WRITING);
    expect(reader.get("key")).toBe(1);
    expect(writer.delete("key", WRITING)).toBe(true);
    expect(reader.get("key")).toBeUndefined();
    expect(writer.delete("key", WRITING)).toBe(false);
  });
});

test("a read without a change makes two file system calls, and opens no file", () => {
  const calls: string[] = [];
  const { values: writer, places } = createValues();
  const reader = openValues(places, { fs: hookedFileSystem((call) => calls.push(call)) });
  writer.set("key", 1, WRITING);
  reader.get("key");
  calls.length = 0;
  expect(reader.get("key")).toBe(1);
  expect(calls).toEqual(["lstatSync", "readSync"]);
});

test("a read after a change of this process does not open the file again", () => {
  const calls: string[] = [];
  const { values } = createValues({ fs: hookedFileSystem((call) => calls.push(call)) });
  values.set("key", 1, WRITING);
  calls.length = 0;
  expect(values.get("key")).toBe(1);
  expect(calls).toEqual(["lstatSync", "readSync"]);
});

test("a store keeps at most one descriptor open, and close() releases it", () => {
  const { values, places } = createValues();
  const other = openValues(places);
  const free = openSync(import.meta.filename, "r");
  closeSync(free);
  for (let round = 0; round < 200; round++) {
    values.set("key", round, WRITING);
    other.get("key");
    other.update("key", Number, WRITING);
    values.get("missing");
  }
  values.close();
  other.close();
  const next = openSync(import.meta.filename, "r");
  closeSync(next);
  expect(next).toBe(free); // the system assigns the lowest free descriptor first
});

test("a returned value is a copy: to change it does not change the stored value", () => {
  const { values } = createValues();
  values.set("key", { list: [1] }, WRITING);
  Object(values.get("key")).list.push(2);
  expect(values.get("key")).toEqual({ list: [1] });
});

test("a file that is read in pieces is read as a whole", () => {
  const { values: writer, places } = createValues();
  writer.set("key", "x".repeat(10_000), WRITING);
  const fs = new Proxy(nodeFileSystem, {
    get: (target, name) =>
      name === "readSync"
        ? (fd: number, buffer: Buffer, offset: number, length: number, position: number) =>
            target.readSync(fd, buffer, offset, Math.min(length, 100), position)
        : Reflect.get(target, name),
  });
  expect(openValues(places, { fs }).get("key")).toBe("x".repeat(10_000));
});

function replaceWithSameTimes(file: string): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(`${file}.new`, otherFile(), { mode: 0o600 });
  utimesSync(`${file}.new`, atime, mtime);
  renameSync(`${file}.new`, file);
}

function replaceWithSecondName(file: string): void {
  linkSync(file, `${file}.backup`);
  replaceWithSameTimes(file);
}

function rewriteInPlace(file: string): void {
  const { atime, mtime, ino, size } = statSync(file);
  writeFileSync(file, otherFile());
  utimesSync(file, atime, mtime);
  expect(statSync(file)).toMatchObject({ ino, size });
  expect(readFileSync(file)).toEqual(otherFile());
}

function otherFile(): Buffer {
  return encodeFile({ key: 2 }, { token: "ab".repeat(12), generation: 1n });
}
