import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FolderWatch } from "../../src/dev/watch-folders.ts";

/** Makes a folder with these files and returns its path. */
function makeFolder(...files: string[]): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "watch-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "1");
  }
  return folder;
}

/** Watches a folder until the end of the test, and collects the reported paths in `changes`. */
function watch(folder: string, options: { paths?: string[]; ignored?: string[] } = {}) {
  const changes: string[] = [];
  const failures: Error[] = [];
  const { paths = [folder], ignored = [] } = options;
  const watcher = new FolderWatch({
    paths,
    ignored,
    quietTime: 20,
    changed: (path) => changes.push(path),
    failed: (error) => failures.push(error),
  });
  onTestFinished(() => watcher.close());
  return { watcher, changes, failures };
}

/** Waits for one change and returns its path. */
async function next(changes: string[]): Promise<string | undefined> {
  await vi.waitFor(() => expect(changes).not.toEqual([]), { timeout: 5_000, interval: 10 });
  return changes.shift();
}

describe("the watch over a folder", () => {
  test("reports a source file that changes, appears or disappears, at any depth", async () => {
    const folder = makeFolder("server.js", "lib/deep/a.ts");
    const { changes } = watch(folder);
    for (const file of ["server.js", "lib/deep/a.ts", "lib/new.mjs", ".env", ".env.local", "config.json"]) {
      writeFileSync(join(folder, file), "2");
      expect(await next(changes)).toBe(join(folder, file));
    }
    rmSync(join(folder, "lib/new.mjs"));
    expect(await next(changes)).toBe(join(folder, "lib/new.mjs"));
  });

  test("reports files that are written into a new folder", async () => {
    const folder = makeFolder("server.js");
    const { changes } = watch(folder);
    mkdirSync(join(folder, "routes"));
    await vi.waitFor(
      async () => {
        writeFileSync(join(folder, "routes/a.js"), String(Math.random()));
        expect(changes).toContain(join(folder, "routes/a.js"));
      },
      { timeout: 5_000, interval: 60 },
    );
  });

  test("does not report packages, hidden folders, other files and ignored paths", async () => {
    const folder = makeFolder(
      "server.js",
      "node_modules/x/i.js",
      ".git/i.js",
      "data/own.json",
      "generated.js",
    );
    const { watcher, changes } = watch(folder, {
      ignored: [join(folder, "data"), join(folder, "generated.js")],
    });
    for (const file of [
      "node_modules/x/i.js",
      ".git/i.js",
      "data/own.json",
      "generated.js",
      "app.log",
      "db.sqlite",
    ])
      writeFileSync(join(folder, file), "2");
    writeFileSync(join(folder, "server.js"), "2");
    expect(await next(changes)).toBe(join(folder, "server.js"));
    expect(changes).toEqual([]);
    expect(watcher.size).toBe(1);
  });

  test("does not follow symbolic links, which can form a cycle", () => {
    const folder = makeFolder("server.js");
    symlinkSync(folder, join(folder, "circle"));
    expect(watch(folder).watcher.size).toBe(1);
  });

  test("reports several changes at once as one", async () => {
    const folder = makeFolder("a.js", "b.js");
    const { changes } = watch(folder);
    for (let round = 0; round < 5; round++)
      for (const file of ["a.js", "b.js"]) writeFileSync(join(folder, file), String(round));
    await next(changes);
    expect(changes).toEqual([]);
  });

  test("reports a file named in `paths`, even if it is not a source file, and not its neighbours", async () => {
    const folder = makeFolder("data.bin", "other.js");
    const { changes } = watch(folder, { paths: [join(folder, "data.bin")] });
    writeFileSync(join(folder, "other.js"), "2");
    writeFileSync(join(folder, "data.bin"), "2");
    expect(await next(changes)).toBe(join(folder, "data.bin"));
    expect(changes).toEqual([]);
  });

  test("reports a path that cannot be watched, and watches the others", async () => {
    const folder = makeFolder("server.js");
    const { changes, failures } = watch(folder, { paths: [join(folder, "missing/x.js"), folder] });
    expect(failures).toHaveLength(1);
    writeFileSync(join(folder, "server.js"), "2");
    expect(await next(changes)).toBe(join(folder, "server.js"));
  });

  test("reports nothing after close()", async () => {
    const folder = makeFolder("server.js");
    const first = watch(folder);
    const second = watch(folder);
    first.watcher.close();
    writeFileSync(join(folder, "server.js"), "2");
    await next(second.changes);
    expect([first.watcher.size, first.changes]).toEqual([0, []]);
  });
});
