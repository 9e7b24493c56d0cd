import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ownIdentity, PacketronHandlerFlags } from "@packetron/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nodeFileSystem } from "../../src/files/file-system.ts";
import { ownerName, parseOwner } from "../../src/files/owner.ts";
import { Storage } from "../../src/files/storage.ts";
import { multipart } from "../../src/index.ts";
import { encodeForm, file } from "../_forms.ts";
import { makeDirectory, startForms } from "../_server.ts";

const { MULTIPART_FORM_DATA } = PacketronHandlerFlags;

const MINUTE = 60_000;

const self = ownIdentity();

async function store(storage: Storage, filename = "a.txt"): Promise<string> {
  const partial = await storage.create(filename);
  await nodeFileSystem.close(partial.fd);
  return storage.publish(partial);
}

function storageOf(directory: string | null, requestTimeout = 300_000): Storage {
  return new Storage({ directory, fileSystem: nodeFileSystem, requestTimeout });
}

describe("the default directory", () => {
  let temporary = "";
  const root = (): string => join(temporary, `.packetroninternal-${process.getuid?.()}`);
  beforeEach(() => {
    temporary = makeDirectory();
    vi.stubEnv("TMPDIR", temporary);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("is below the directory of temporary files, private, and created with the first file", async () => {
    const storage = storageOf(null);
    expect(existsSync(root())).toBe(false);
    const path = await store(storage);
    expect(path.startsWith(join(root(), "files", "a_"))).toBe(true);
    for (const directory of [root(), join(root(), "files"), join(root(), "files", "partial")])
      expect(lstatSync(directory).mode & 0o777).toBe(0o700);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  test("is used when it exists already and is private", async () => {
    mkdirSync(root(), { mode: 0o700 });
    expect(existsSync(await store(storageOf(null)))).toBe(true);
  });

  test.each<readonly [what: string, make: (path: string) => void]>([
    ["a symbolic link", (path) => symlinkSync(makeDirectory(), path)],
    ["a file", (path) => writeFileSync(path, "")],
    [
      "a directory that others can read",
      (path) => {
        mkdirSync(path);
        chmodSync(path, 0o750);
      },
    ],
    [
      "a directory that others can write to",
      (path) => {
        mkdirSync(path);
        chmodSync(path, 0o777);
      },
    ],
  ])("is refused when %s is in the place of one of its parts", async (_what, make) => {
    make(root());
    await expect(storageOf(null).create("a")).rejects.toMatchObject({
      code: "PKT_MULTIPART_STORAGE",
      status: 500,
    });
    rmSync(root(), { recursive: true });
    mkdirSync(root(), { mode: 0o700 });
    make(join(root(), "files"));
    await expect(storageOf(null).create("a")).rejects.toMatchObject({ code: "PKT_MULTIPART_STORAGE" });
  });

  test.runIf(process.getuid?.() === 0)("is refused when it belongs to another user", async () => {
    mkdirSync(root(), { mode: 0o700 });
    chownSync(root(), 12_345, 12_345);
    await expect(storageOf(null).create("a")).rejects.toThrow("belongs to the user 12345");
  });

  test("is checked again before each file, because another user may have replaced it", async () => {
    const storage = storageOf(null);
    await store(storage);
    const elsewhere = makeDirectory();
    rmSync(root(), { recursive: true });
    symlinkSync(elsewhere, root());
    mkdirSync(join(elsewhere, "files", "partial", ownerName(self)), { recursive: true });
    await expect(storage.create("a")).rejects.toMatchObject({ code: "PKT_MULTIPART_STORAGE" });
  });

  test("is the directory of a server without options", async () => {
    const forms = await startForms({ flags: MULTIPART_FORM_DATA }, { capabilities: [multipart()] });
    const { files } = (await forms.post(encodeForm([file(3)]))).report;
    expect(Object(files["file"]).path.startsWith(join(root(), "files"))).toBe(true);
  });
});

describe("partial", () => {
  /** Makes the directory of an owner with one file in it. Both were last changed `age` milliseconds ago. */
  function leave(directory: string, name: string, age: number): string {
    const path = join(directory, "partial", name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "left.bin"), "x");
    const then = new Date(Date.now() - age);
    for (const each of [join(path, "left.bin"), path]) utimesSync(each, then, then);
    return path;
  }

  /** The id of a process that has exited. */
  function deadPid(): number {
    return Number(execFileSync(process.execPath, ["-p", "process.pid"]).toString());
  }

  function startOf(pid: number | undefined): string {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[19] ?? "";
  }

  test("loses the directories of dead processes, and no others, when the first file is stored", async () => {
    const directory = makeDirectory();
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    await once(child, "spawn");
    const living = { ...self, pid: child.pid ?? 0, start: startOf(child.pid) };
    const elsewhere = { ...self, boot: "anotherboot" };
    const swept = [
      leave(directory, ownerName({ ...self, pid: deadPid() }), 0),
      leave(directory, ownerName({ ...living, start: `${living.start}0` }), 0), // the process id was reused
      leave(directory, ownerName({ ...self, start: "1" }), 0),
      leave(directory, ownerName(elsewhere), 11 * MINUTE),
      leave(directory, ownerName({ ...self, namespace: "1" }), 11 * MINUTE),
    ];
    const kept = [
      leave(directory, ownerName(living), 60 * MINUTE),
      leave(directory, ownerName({ ...elsewhere, pid: 1 }), 9 * MINUTE), // perhaps of another machine
      leave(directory, ownerName({ ...living, namespace: "1" }), 9 * MINUTE), // perhaps of another container
      leave(directory, "name-of-another-program", 60 * MINUTE),
      leave(directory, ownerName(self), 60 * MINUTE), // another server of this process
    ];
    const finished = join(directory, "finished_00000000_1.txt");
    writeFileSync(finished, "");
    const storage = storageOf(directory);
    const path = await store(storage);
    await storage.close();
    child.kill();
    expect(swept.filter((each) => existsSync(each))).toEqual([]);
    expect(kept.filter((each) => !existsSync(join(each, "left.bin")))).toEqual([]);
    expect(existsSync(finished) && existsSync(path)).toBe(true);
  });

  test.each([
    [20 * MINUTE, 39 * MINUTE, true],
    [20 * MINUTE, 41 * MINUTE, false],
    [0, 23 * 60 * MINUTE, true],
    [0, 25 * 60 * MINUTE, false],
  ])(
    "of another machine, with a requestTimeout of %i ms and untouched for %i ms, is kept: %s",
    async (requestTimeout, age, kept) => {
      const directory = makeDirectory();
      const path = leave(directory, ownerName({ ...self, boot: "anotherboot" }), age);
      const storage = storageOf(directory, requestTimeout);
      await store(storage);
      await storage.close();
      expect(existsSync(path)).toBe(kept);
    },
  );

  test("is not swept through a link, which may lead to other files", async () => {
    const directory = makeDirectory();
    const elsewhere = makeDirectory();
    writeFileSync(join(elsewhere, "precious"), "");
    mkdirSync(join(directory, "partial"));
    symlinkSync(elsewhere, join(directory, "partial", ownerName({ ...self, start: "1" })));
    const storage = storageOf(directory);
    await store(storage);
    await storage.close();
    expect(readdirSync(elsewhere)).toEqual(["precious"]);
  });

  test("that cannot be swept does not prevent files from being stored", async () => {
    const directory = makeDirectory();
    leave(directory, ownerName({ ...self, start: "1" }), 0);
    mkdirSync(join(directory, "partial", ownerName({ ...self, start: "1" }), "a-directory"));
    const storage = storageOf(directory);
    expect(existsSync(await store(storage))).toBe(true);
    await storage.close();
  });
});

describe("an owner", () => {
  test("is parsed from its name, which has boot, process id and start", () => {
    expect(parseOwner(ownerName(self))).toEqual(self);
    expect(ownerName(self)).toMatch(/^[a-z0-9]+-\d+-\d+$/);
    expect(parseOwner("t123n0-7-0")).toEqual({ boot: "t123", namespace: "0", pid: 7, start: "0" });
  });

  test.each([
    "",
    "a",
    "an1-1",
    "an1-1-",
    "an1-b-1",
    "A1n1-1-1",
    "n1-1-1",
    "a-1-1",
    "an1-1-1-1",
    "../an1-1-1",
    `an1-${"1".repeat(11)}-1`,
  ])("is not parsed from %j", (name) => {
    expect(parseOwner(name)).toBeNull();
  });
});

test("two storages of one directory never use the same name", async () => {
  const directory = makeDirectory();
  const storages = [storageOf(directory), storageOf(directory)];
  const paths = await Promise.all(
    Array.from({ length: 100 }, (_, index) => store(storages[index % 2] ?? storageOf(directory))),
  );
  expect(new Set(paths).size).toBe(100);
  expect((await Promise.all(paths.map((path) => stat(path)))).every((each) => each.isFile())).toBe(true);
  await Promise.all(storages.map((storage) => storage.close()));
  expect(readdirSync(join(directory, "partial"))).toEqual([]);
});
