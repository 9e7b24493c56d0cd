/** Simulated failures of the file system. */
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { problem } from "../../../core/test/_problem.ts";
import { ask, makeFolder, openFilesBelow, startSite } from "../_site.ts";

const faults = vi.hoisted(
  (): Record<"realpath" | "stat" | "open" | "read", string | null> => ({
    realpath: null,
    stat: null,
    open: null,
    read: null,
  }),
);

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const failing =
    <Args extends unknown[], Result>(name: keyof typeof faults, call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const code = faults[name];
      if (code !== null) throw Object.assign(new Error(`${code}: made by the test`), { code });
      return call(...args);
    };
  return {
    ...real,
    realpath: failing("realpath", real.realpath),
    stat: failing("stat", real.stat),
    open: failing("open", async (...args: Parameters<typeof real.open>) => {
      const handle: FileHandle = await real.open(...args);
      const read = handle.read.bind(handle);
      let reads = 0;
      const failingRead = (...readArgs: Parameters<typeof read>) =>
        faults.read !== null && ++reads > 1
          ? Promise.reject(Object.assign(new Error("made by the test"), { code: faults.read }))
          : read(...readArgs);
      return Object.assign(handle, { read: failingRead });
    }),
  };
});

const big = Buffer.alloc(2 ** 20);

beforeEach(() => Object.assign(faults, { realpath: null, stat: null, open: null, read: null }));
afterEach(() => Object.assign(faults, { realpath: null, stat: null, open: null, read: null }));

describe("a failure", () => {
  test.each<readonly [where: "realpath" | "stat" | "open", code: string, status: number]>([
    ["realpath", "EACCES", 404],
    ["realpath", "ENAMETOOLONG", 404],
    ["stat", "EACCES", 404],
    ["open", "EACCES", 404],
    ["open", "ENOENT", 404],
    ["open", "ENXIO", 404],
    ["realpath", "EIO", 500],
    ["open", "EIO", 500],
    ["open", "EMFILE", 503],
    ["realpath", "ENOMEM", 503],
  ])("of %s with %s is a %i, for served files and sendFile()", async (where, code, status) => {
    const directory = makeFolder({ big });
    const { server, lines } = await startSite((site) => {
      site.serve({ directory });
      site.handle({
        routePath: "send",
        handler: (_request, response) => void response.sendFile(join(directory, "big")),
      });
    });
    faults[where] = code;
    for (const path of ["/big", "/send"])
      expect(await ask(server, `GET ${path}`)).toMatchObject({ status, text: problem(status) });
    const errors = lines.filter(({ level }) => level === "error");
    // A used-up resource (503) is logged once a second, because clients can cause it.
    expect(errors.length).toBe(status === 503 ? 1 : status === 500 ? 2 : 0);
    for (const { facts } of errors)
      expect(facts["err"]).toMatchObject({ code: "PKT_STATIC_READ", cause: failure(code) });
    faults[where] = null;
    expect((await ask(server, "GET /send")).status).toBe(200);
  });

  test("during a download cuts it, closes the file and is logged", async () => {
    const directory = makeFolder({ big });
    const { server, lines } = await startSite((site) => {
      site.serve({ directory });
      site.handle({
        routePath: "send",
        handler: (_request, response) => void response.sendFile(join(directory, "big")),
      });
    });
    faults.read = "EIO";
    for (const path of ["/big", "/send"])
      await expect(ask(server, `GET ${path}`)).rejects.toThrow(/announced/);
    expect(lines.map(({ level }) => level)).toEqual(["error", "error"]);
    if (process.platform === "linux") await expect.poll(() => openFilesBelow(directory)).toEqual([]);
    faults.read = null;
    expect((await ask(server, "GET /big")).body.length).toBe(big.length);
  });
});
