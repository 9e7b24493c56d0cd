/** Attack: a folder is replaced by a link while its files are requested. */
import { once } from "node:events";
import { chmodSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { findFile } from "../../src/files/open.ts";
import { ask, makeFolder, startSite, write } from "../_site.ts";

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

/** Replaces the folder at `path` by a link to `outside` and back, as fast as it can. Ends with the folder. */
const SWAPPER = `
const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
const { parentPort, workerData: { path, outside, stop } } = require("node:worker_threads");
const aside = path + "-aside";
for (let turn = 0; turn < 1_000_000 && stop[0] === 0; turn++) {
  renameSync(path, aside);
  symlinkSync(outside, path);
  if (turn === 0) parentPort.postMessage("swapping");
  unlinkSync(path);
  renameSync(aside, path);
}`;

/** Starts to swap a folder, and returns the function that stops it. */
async function startSwapping(path: string, outside: string): Promise<() => Promise<unknown>> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(SWAPPER, { eval: true, workerData: { path, outside, stop } });
  onTestFinished(async () => void (await worker.terminate()));
  await once(worker, "message");
  return () => {
    const exit = once(worker, "exit");
    Atomics.store(stop, 0, 1);
    return exit;
  };
}

const INSIDE = "inside";
const SECRET = "secret";

/** How often all files are requested while their folder is swapped. */
const ROUNDS = process.env["PACKETRON_TEST_FULL"] === undefined ? 40 : 150;

function makeFolders(): { directory: string; outside: string } {
  const contents = (text: string) => ({ small: text, large: text.repeat(100_000) });
  const inside = contents(INSIDE);
  const directory = makeFolder({ "sub/small": inside.small, "sub/large": inside.large });
  return { directory, outside: makeFolder(contents(SECRET)) };
}

describe.skipIf(process.platform === "win32")("a folder that is repeatedly replaced by a link", () => {
  const ways = [
    ["direct", "with the links of /proc"],
    ["standard", "with the links of /proc"],
    ["direct", "without them"],
  ] as const;

  test.each(ways)(
    "never exposes a file outside, %s dispatch, %s",
    async (dispatch, links) => {
      faults.readlink = links === "without them";
      onTestFinished(() => void (faults.readlink = false));
      const { directory, outside } = makeFolders();
      const { server } = await startSite(
        (site) => {
          site.serve({ directory });
          site.handle({
            routePath: "send/:name",
            handler: (request, response) =>
              response.sendFile(`sub/${request.params["name"]}`, { root: directory }),
          });
        },
        { options: { revalidateAfter: 0 }, server: { dispatch } },
      );
      const stopSwapping = await startSwapping(join(directory, "sub"), outside);
      const seen = new Map<string, number>();
      const paths = ["/sub/small", "/sub/large", "/send/small", "/send/large"];
      for (let round = 0; round < ROUNDS; round++) {
        const answers = await Promise.all([...paths, ...paths].map((path) => ask(server, `GET ${path}`)));
        for (const { status, text } of answers) {
          const what = `${status} ${text.slice(0, 6)}`;
          seen.set(what, (seen.get(what) ?? 0) + 1);
        }
      }
      expect([...seen.keys()].filter((what) => !/^(?:200 inside|40[45] [{]"type)$/.test(what))).toEqual([]);
      await stopSwapping();
      for (const path of paths)
        expect((await ask(server, `GET ${path}`)).text).toMatch(new RegExp(`^(?:${INSIDE})+$`));
    },
    60_000,
  );
});

describe("findFile()", () => {
  test("opens a file at the first check, and again only after a change", async () => {
    const root = makeFolder({ a: "a" });
    const path = join(root, "a");
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000); // later than a tick of the file system's clock
    const found = await findFile(path, root);
    expect(found).toMatchObject({ path, root, version: { size: 1 } });
    expect(await findFile(path, root, found)).toBe(found);
    const other = await findFile(path, null, found);
    expect(other).toEqual({ ...found, root: null }); // a result without a root proves no location
    write(path, "other");
    expect((await findFile(path, root, found))?.version.size).toBe(5);
  });

  test.skipIf(process.platform === "win32")(
    "returns null for the same file after it was moved outside",
    async () => {
      const root = makeFolder({ "sub/a": "a" });
      const away = makeFolder();
      vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
      const found = await findFile(join(root, "sub/a"), root);
      renameSync(join(root, "sub"), join(away, "sub"));
      symlinkSync(join(away, "sub"), join(root, "sub"));
      expect(await findFile(join(root, "sub/a"), root, found)).toBeNull();
    },
  );

  test.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "returns null for a file that this process may not read any more",
    async () => {
      const root = makeFolder({ a: "a" });
      const found = await findFile(join(root, "a"), root);
      chmodSync(join(root, "a"), 0);
      expect(await findFile(join(root, "a"), root, found)).toBeNull();
    },
  );
});
