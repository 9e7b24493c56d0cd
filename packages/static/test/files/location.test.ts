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
])("liesAt() judges an open file %s:", (_name, fault) => {
  /** Opens `root/sub/file`, changes the tree, and asks whether the file lies there. */
  async function judge(change: (root: string) => void, path = "sub/file"): Promise<boolean> {
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

  test("it does where it was opened, in a folder that has just changed and in one that has not", async () => {
    expect(await judge(() => undefined)).toBe(true);
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
    expect(await judge(() => undefined)).toBe(true);
  });

  test("a neighbour in the folder changes nothing", async () => {
    expect(await judge((root) => write(join(root, "sub/neighbour"), "x"))).toBe(true);
  });

  test("it does not at another name, nor when its folder was moved", async () => {
    expect(await judge(() => undefined, "sub/other")).toBe(false);
    const moved = judge((root) => {
      renameSync(join(root, "sub"), join(root, "moved"));
      symlinkSync("../out", join(root, "sub"));
    });
    expect(await moved).toBe(false);
  });

  test("it does not behind a link, even one that leads to it", async () => {
    const linked = judge((root) => {
      renameSync(join(root, "sub"), join(root, "../moved"));
      symlinkSync("../moved", join(root, "sub"));
    });
    expect(await linked).toBe(false);
  });

  test.runIf(!fault && process.platform === "linux")("it does when it was deleted meanwhile", async () => {
    expect(await judge((root) => rmSync(join(root, "sub/file")))).toBe(true);
  });
});
