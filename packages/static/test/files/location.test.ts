import { renameSync, rmSync, symlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { liesAt } from "../../src/files/location.ts";
import { makeFolder, write } from "../_site.ts";

const faults = vi.hoisted(() => ({ readlink: false }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const readlinkSync = (path: string): string => {
    if (faults.readlink) throw Object.assign(new Error("made by the test"), { code: "ENOENT" });
    return real.readlinkSync(path);
  };
  return { ...real, readlinkSync };
});

afterEach(() => vi.restoreAllMocks());

describe.skipIf(process.platform === "win32").each([
  ["by the links of /proc", false],
  ["by a walk through its folders", true],
])("liesAt() finds an open file %s:", (_name, fault) => {
  /** Opens `root/sub/file`, changes the tree, and asks whether the file lies there. */
  async function check(change: (root: string) => void, path = "sub/file"): Promise<boolean> {
    faults.readlink = fault;
    onTestFinished(() => void (faults.readlink = false));
    const root = join(
      makeFolder({ "root/sub/file": "inside", "root/sub/other": "x", "out/file": "x" }),
      "root",
    );
    const handle = await open(join(root, "sub/file"));
    onTestFinished(() => handle.close());
    const stats = await handle.stat({ bigint: true });
    change(root);
    return liesAt(handle, stats, join(root, path), root);
  }

  test("true at the path where it was opened, in a folder with a recent change and in one without", async () => {
    expect(await check(() => undefined)).toBe(true);
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
    expect(await check(() => undefined)).toBe(true);
  });

  test("true after another file was added to its folder", async () => {
    expect(await check((root) => write(join(root, "sub/neighbour"), "x"))).toBe(true);
  });

  test("false at another name, and after its folder was moved", async () => {
    expect(await check(() => undefined, "sub/other")).toBe(false);
    const moved = check((root) => {
      renameSync(join(root, "sub"), join(root, "moved"));
      symlinkSync("../out", join(root, "sub"));
    });
    expect(await moved).toBe(false);
  });

  test("false below a link, even one that leads to it", async () => {
    const linked = check((root) => {
      renameSync(join(root, "sub"), join(root, "../moved"));
      symlinkSync("../moved", join(root, "sub"));
    });
    expect(await linked).toBe(false);
  });

  test.runIf(!fault && process.platform === "linux")("true after it was deleted", async () => {
    expect(await check((root) => rmSync(join(root, "sub/file")))).toBe(true);
  });
});
