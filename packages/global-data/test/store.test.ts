/** A file or a directory that is damaged or unsafe, and a disk that fails. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { isPacketronError } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { placesOf } from "../src/directory.ts";
import { VERSION } from "../src/format.ts";
import type { GlobalValues } from "../src/values.ts";
import { createParent, createValues, listFiles, openValues, thrownBy, WRITING } from "./_folder.ts";
import { hookedFileSystem } from "./_processes.ts";

const everyCall: [string, (values: GlobalValues) => unknown][] = [
  ["get", (values) => values.get("key")],
  ["set", (values) => values.set("key", 1, WRITING)],
  ["update", (values) => values.update("key", () => 1, WRITING)],
  ["delete", (values) => values.delete("key", WRITING)],
];

/** Only the superuser can change the owner of a file. Tests on CI machines often run as the superuser. */
const isSuperuser = process.geteuid?.() === 0;

test("only this user has access to the directory and to the file", () => {
  const { values, places } = createValues();
  values.set("key", 1, WRITING);
  expect(statSync(places.directory).mode & 0o777).toBe(0o700);
  expect(statSync(places.file).mode & 0o777).toBe(0o600);
  expect(places.directory.endsWith(`.packetroninternal-${process.geteuid?.()}`)).toBe(true);
});

describe.each(everyCall)("%s", (_, call) => {
  test.each<[string, (directory: string) => void, string]>([
    ["is a link to a directory of this user", linkDirectory, "it is a symbolic link"],
    ["is a link to nowhere", (path) => symlinkSync(`${path}-nowhere`, path), "it is a symbolic link"],
    ["is a file", (path) => writeFileSync(path, ""), "it is not a directory"],
    [
      "may be entered by others",
      (path) => openDirectory(path, 0o711),
      "others may enter it (mode 711, expected 700)",
    ],
    [
      "may be written by its group",
      (path) => openDirectory(path, 0o770),
      "others may enter it (mode 770, expected 700)",
    ],
  ])("fails when the directory %s", (_case, prepare, problem) => {
    const places = placesOf("test", createParent());
    prepare(places.directory);
    const error = thrownBy(() => call(openValues(places)));
    expect(isPacketronError(error, "PKT_GLOBAL_DATA_DIRECTORY")).toBe(true);
    expect(String(error)).toContain(`${places.directory}, cannot be used: ${problem}`);
  });

  test.runIf(isSuperuser)("fails when the directory belongs to another user", () => {
    const places = placesOf("test", createParent());
    openDirectory(places.directory, 0o700);
    chownSync(places.directory, 12_345, 12_345);
    expect(() => call(openValues(places))).toThrow("it belongs to the user 12345");
  });

  test.each<[string, (path: string) => void]>([
    ["does not exist", (path) => rmSync(path, { recursive: true })],
    ["is a file", (path) => [rmSync(path, { recursive: true }), writeFileSync(path, "")]],
  ])("fails when the temporary directory %s, and works when it exists again", (_case, spoil) => {
    const parent = createParent();
    spoil(parent);
    const values = openValues(placesOf("test", parent));
    const error = thrownBy(() => call(values));
    expect(isPacketronError(error, "PKT_GLOBAL_DATA_DIRECTORY")).toBe(true);
    rmSync(parent, { force: true });
    mkdirSync(parent);
    call(values);
  });

  test.each<[string, (file: string) => void, string]>([
    ["is a link to a valid file", linkFile, "it is a symbolic link"],
    [
      "is a directory",
      (path) => [rmSync(path), mkdirSync(path, { mode: 0o700 })],
      "it is not a regular file",
    ],
    ["may be read by others", (path) => chmodSync(path, 0o644), "others may open it"],
  ])("fails when the file %s, and does not change it", (_case, spoil, problem) => {
    const { values, places } = createValues();
    values.set("key", 1, WRITING);
    spoil(places.file);
    const before = lstatSync(places.file);
    const error = thrownBy(() => call(openValues(places)));
    expect(isPacketronError(error, "PKT_GLOBAL_DATA_UNSAFE")).toBe(true);
    expect(String(error)).toContain(`${places.file}, is not used: ${problem}`);
    expect(lstatSync(places.file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test.runIf(isSuperuser)("fails when the file belongs to another user", () => {
    const { values, places } = createValues();
    values.set("key", 1, WRITING);
    chownSync(places.file, 12_345, 12_345);
    expect(() => call(openValues(places))).toThrow("it belongs to the user 12345");
  });

  test("refuses a file of a later version, and does not change it", () => {
    const { values, places } = createValues();
    values.set("key", 1, WRITING);
    const file = readFileSync(places.file);
    file.writeUInt32LE(VERSION + 1, 8);
    file.writeUInt32LE(crc32(file.subarray(0, 12)), 12);
    writeFileSync(places.file, file);
    const error = thrownBy(() => call(values));
    expect(isPacketronError(error, "PKT_GLOBAL_DATA_VERSION")).toBe(true);
    expect(String(error)).toContain(`has the format version 2, this release reads version ${VERSION}`);
    expect(readFileSync(places.file)).toEqual(file);
    expect(listFiles(places)).toEqual(["test.bson"]);
  });

  test.each<[string, (file: string) => void]>([
    ["is empty", (file) => truncateSync(file, 0)],
    ["was cut", (file) => truncateSync(file, 50)],
    ["was overwritten", (file) => writeFileSync(file, "not ours")],
    ["is larger than the limit", (file) => truncateSync(file, 2 ** 32)],
    ["has a flipped bit", flipBit],
  ])("moves a file away that %s, throws once, and begins with an empty store", (_case, spoil) => {
    const { values: writer, places } = createValues();
    writer.set("key", 1, WRITING);
    spoil(places.file);
    const values = openValues(places);
    const { size } = statSync(places.file);
    const error = thrownBy(() => call(values));
    expect(isPacketronError(error, "PKT_GLOBAL_DATA_CORRUPT")).toBe(true);
    const moved = /It was moved to (\S+); the next call finds no data/.exec(String(error))?.[1] ?? "";
    expect(dirname(moved)).toBe(places.directory);
    expect(statSync(moved).size).toBe(size);
    expect(values.get("key")).toBeUndefined();
    call(values);
    expect(openValues(places).get("key")).toBe(values.get("key"));
  });
});

test("a directory that a cleaner removed is created again by the next change", () => {
  const { values, places } = createValues();
  values.set("key", 1, WRITING);
  rmSync(places.directory, { recursive: true });
  expect(values.get("key")).toBeUndefined();
  values.set("key", 2, WRITING);
  expect(openValues(places).get("key")).toBe(2);
});

test("a finished change leaves only the file, and no lock", () => {
  const { values, places } = createValues();
  values.set("key", 1, WRITING);
  expect(listFiles(places)).toEqual(["test.bson"]);
});

test("another link in the place of a lock is refused", () => {
  const { values, places } = createValues();
  values.set("key", 1, WRITING);
  const token = readFileSync(places.file).toString("hex", 16, 28);
  symlinkSync("../../etc", places.slot(token));
  expect(() => values.set("key", 2, WRITING)).toThrow(
    expect.objectContaining({ code: "PKT_GLOBAL_DATA_UNSAFE" }),
  );
  expect(values.get("key")).toBe(1);
});

describe("a file system call that fails", () => {
  const codes = ["ENOSPC", "EIO", "EROFS", "EMFILE", "EDQUOT"];
  const calls = ["openSync", "symlinkSync", "writeSync", "fstatSync", "renameSync", "fsyncSync"];

  test.each(codes.flatMap((code) => calls.map((call) => [code, call])))(
    "with %s in %s during set(): throws a coded error, keeps the old value, and leaves no file",
    (code, failing) => {
      const { values: writer, places } = createValues();
      writer.set("key", "old", WRITING);
      let armed = true;
      const fs = hookedFileSystem((call, args) => {
        const ofDirectory = call === "openSync" && args[0] === places.directory;
        if (armed && call === failing && !ofDirectory) throw failure(code, call);
      });
      const values = openValues(places, { fs });
      const error = thrownBy(() => values.set("key", "new", { ...WRITING, durable: true }));
      expect(isPacketronError(error, "PKT_GLOBAL_DATA_IO")).toBe(true);
      expect(String(error)).toContain(code);
      expect(Object(error).cause).toMatchObject({ code });
      expect(openValues(places).get("key")).toBe("old");
      expect(listFiles(places).filter((name) => name.includes(".new-"))).toEqual([]);
      armed = false;
      values.set("key", "new", WRITING);
      expect(writer.get("key")).toBe("new");
      expect(listFiles(places)).toEqual(["test.bson"]);
    },
  );

  test("during the very first set(): throws a coded error, and there is no value", () => {
    const places = placesOf("test", createParent());
    let armed = true;
    const fs = hookedFileSystem((call) => {
      if (armed && call === "writeSync") throw failure("ENOSPC", call);
    });
    const values = openValues(places, { fs });
    expect(() => values.set("key", 1, WRITING)).toThrow(
      expect.objectContaining({ code: "PKT_GLOBAL_DATA_IO" }),
    );
    expect(listFiles(places)).toEqual([]);
    expect(values.get("key")).toBeUndefined();
    armed = false;
    values.set("key", 1, WRITING);
    expect(values.get("key")).toBe(1);
  });

  test("and prevents the removal of a pending revision: the next change succeeds and removes it", () => {
    const { values: writer, places } = createValues();
    writer.set("key", "old", WRITING);
    let armed = true;
    const fs = hookedFileSystem((call) => {
      if (armed && (call === "writeSync" || call === "unlinkSync")) throw failure("EIO", call);
    });
    const values = openValues(places, { fs });
    expect(() => values.set("key", "new", WRITING)).toThrow("EIO");
    armed = false;
    values.set("key", "newer", WRITING);
    expect(listFiles(places)).toEqual(["test.bson"]);
  });

  test("while a damaged file is moved away: the error says that it could not be moved", () => {
    const { values: writer, places } = createValues();
    writer.set("key", 1, WRITING);
    flipBit(places.file);
    const fs = hookedFileSystem((call) => {
      if (call === "linkSync") throw failure("EROFS", call);
    });
    const error = thrownBy(() => openValues(places, { fs }).get("key"));
    expect(isPacketronError(error, "PKT_GLOBAL_DATA_CORRUPT")).toBe(true);
    expect(String(error)).toContain("could not be moved away");
    expect(existsSync(places.file)).toBe(true);
  });

  test("in the flush of the directory: the error says that a power cut may undo the new value", () => {
    const { values: writer, places } = createValues();
    writer.set("key", "old", WRITING);
    const fs = hookedFileSystem((call, args) => {
      if (call === "openSync" && args[0] === places.directory) throw failure("EIO", call);
    });
    const values = openValues(places, { fs });
    expect(() => values.set("key", "new", { ...WRITING, durable: true })).toThrow(
      "a power cut may undo them",
    );
    expect(writer.get("key")).toBe("new");
  });
});

describe("the flushes of a change", () => {
  test.each([
    [true, ["writeSync", "fsyncSync", "renameSync", "fsyncSync"]],
    [false, ["writeSync", "renameSync"]],
  ])("with durable: %s are %j", (durable, expected) => {
    const { values: writer, places } = createValues();
    writer.set("key", 1, WRITING);
    const calls: string[] = [];
    const fs = hookedFileSystem((call) => {
      if (["writeSync", "fsyncSync", "renameSync"].includes(call)) calls.push(call);
    });
    openValues(places, { fs }).set("key", 2, { ...WRITING, durable });
    expect(calls).toEqual(expected);
  });

  test("precede the link that creates the first file, too", () => {
    const calls: string[] = [];
    const fs = hookedFileSystem((call) => {
      if (["writeSync", "fsyncSync", "linkSync"].includes(call)) calls.push(call);
    });
    openValues(placesOf("test", createParent()), { fs }).set("key", 2, { ...WRITING, durable: true });
    expect(calls.slice(0, 3)).toEqual(["writeSync", "fsyncSync", "linkSync"]);
  });
});

test("a change removes pending revisions and locks of processes that exited long ago", () => {
  const { values: writer, places } = createValues();
  writer.set("key", 1, WRITING);
  const exited = `999999999.1.1.0badb007.${"ab".repeat(12)}`;
  writeFileSync(places.pending(exited), "half a fi");
  symlinkSync(exited, places.slot("cd".repeat(12)));
  writeFileSync(join(places.directory, "other.new-notes"), "of another namespace");
  openValues(places).set("key", 2, WRITING);
  expect(listFiles(places)).toEqual(["other.new-notes", "test.bson"]);
});

test("a change inside an update is refused, and the update still succeeds", () => {
  const { values } = createValues();
  values.set("key", 1, WRITING);
  const nested = values.update(
    "key",
    () => Object(thrownBy(() => values.set("other", 1, WRITING))).code,
    WRITING,
  );
  expect(nested).toBe("PKT_GLOBAL_DATA_NESTED");
});

test("an update that throws changes nothing, releases the lock, and throws the same error", () => {
  const { values } = createValues();
  const refusal = Object.assign(new Error("no"), { code: "ENOSPC" });
  values.set("key", 1, WRITING);
  expect(
    thrownBy(() =>
      values.update(
        "key",
        () => {
          throw refusal;
        },
        WRITING,
      ),
    ),
  ).toBe(refusal);
  expect(values.update("key", (value) => Number(value) + 1, WRITING)).toBe(2);
});

test("an update with an asynchronous function is refused, because updates are synchronous", () => {
  const { values } = createValues();
  expect(() => values.update("key", async () => 1, WRITING)).toThrow("an instance of Promise");
  expect(values.get("key")).toBeUndefined();
});

test.each([
  ["a number", 7],
  ["undefined", undefined],
  ["a key with a NUL", "a\0"],
  ["a lone surrogate", "\ud800"],
])("a key that is %s is refused", (_, key) => {
  const { values } = createValues();
  expect(() => Reflect.apply(values.get, values, [key])).toThrow(
    expect.objectContaining({ code: "PKT_GLOBAL_DATA_KEY" }),
  );
});

test.each(["__proto__", "constructor", "toString", "$ref", "_bsontype", "", "a.b"])(
  "%j is an ordinary key",
  (key) => {
    const { values, places } = createValues();
    expect(values.get(key)).toBeUndefined();
    expect(values.delete(key, WRITING)).toBe(false);
    values.set(key, { value: key }, WRITING);
    expect(openValues(places).get(key)).toEqual({ value: key });
    expect(values.delete(key, WRITING)).toBe(true);
    expect(values.get(key)).toBeUndefined();
  },
);

function openDirectory(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode); // mkdir() applies the umask of the process
}

function linkDirectory(path: string): void {
  openDirectory(`${path}-target`, 0o700);
  symlinkSync(`${path}-target`, path);
}

function linkFile(path: string): void {
  writeFileSync(`${path}-target`, readFileSync(path), { mode: 0o600 });
  rmSync(path);
  symlinkSync(`${path}-target`, path);
}

function flipBit(path: string): void {
  const file = readFileSync(path);
  const last = file.length - 3;
  file[last] = (file[last] ?? 0) ^ 4;
  writeFileSync(path, file);
}

function failure(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: injected, ${call}`), { code });
}
