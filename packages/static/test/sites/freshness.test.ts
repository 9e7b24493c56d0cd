import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { problem } from "../../../core/test/_problem.ts";
import { ask, makeFolder, startSite, write } from "../_site.ts";

const disk = vi.hoisted(() => ({ calls: 0, opened: 0 }));

// Counts file system calls: a check of a file begins with realpath, a read with open.
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const counted =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      disk.calls++;
      return call(...args);
    };
  const open = counted((...args: Parameters<typeof real.open>) => {
    disk.opened++;
    return real.open(...args);
  });
  return { ...real, open, realpath: counted(real.realpath), stat: counted(real.stat) };
});

let now = 50_000;

beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
});

afterEach(() => vi.restoreAllMocks());

describe("a file that is requested often", () => {
  test("costs no file system call for a second, whether it exists or not", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => site.serve({ directory }));
    for (const request of ["GET /a.txt", "GET /missing"]) await ask(server, request);
    const before = disk.calls;
    now += 999;
    for (const request of ["GET /a.txt", "HEAD /a.txt", "GET /missing", "DELETE /missing"])
      await ask(server, request);
    expect((await ask(server, "GET /a.txt", { Range: "bytes=0-0" })).text).toBe("a");
    expect(disk.calls).toBe(before);
    now += 1;
    await ask(server, "GET /a.txt");
    expect(disk.calls).toBeGreaterThan(before);
  });

  test("is opened by its first check, but not again for HEAD, 304, 412 and 416, even if it is large", async () => {
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000); // later than a tick of the file system's clock
    const directory = makeFolder({ big: Buffer.alloc(2 ** 20) });
    const { server } = await startSite((site) => {
      site.serve({ directory });
      site.handle({
        routePath: "sent",
        handler: (_request, response) => response.sendFile(join(directory, "big")),
      });
    });
    const first = disk.opened;
    for (const path of ["/big", "/sent"]) await ask(server, `HEAD ${path}`);
    const before = disk.opened;
    expect(before).toBe(first + 2);
    for (const path of ["/big", "/sent"]) {
      expect((await ask(server, `HEAD ${path}`)).headers["content-length"]).toBe(String(2 ** 20));
      expect((await ask(server, `GET ${path}`, { "If-None-Match": "*" })).status).toBe(304);
      expect((await ask(server, `GET ${path}`, { "If-Match": '"x"' })).status).toBe(412);
      expect((await ask(server, `GET ${path}`, { Range: "bytes=9999999-" })).status).toBe(416);
    }
    expect(disk.opened).toBe(before);
    await ask(server, "GET /big");
    expect(disk.opened).toBe(before + 1);
  });

  test("is checked once for many concurrent requests", async () => {
    const directory = makeFolder({ "a.txt": "a" });
    const { server } = await startSite((site) => site.serve({ directory }));
    await ask(server, "GET /a.txt");
    now += 1_000;
    const before = disk.calls;
    await ask(server, "GET /a.txt");
    const each = disk.calls - before;
    now += 1_000;
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server, "GET /a.txt")));
    expect(answers.map(({ text }) => text)).toEqual(answers.map(() => "a"));
    expect(disk.calls - before).toBeLessThan(each * 10);
  });
});

describe("a change that is a second old", () => {
  test.each([
    ["from memory", {}],
    ["streamed", { cacheBytes: 0 }],
  ])("is visible to every request, %s", async (_name, options) => {
    const directory = makeFolder({ "a.txt": "first" });
    const path = join(directory, "a.txt");
    const { server } = await startSite((site) => site.serve({ directory }), { options });
    const steps: readonly (readonly [change: () => void, status: number, text: string])[] = [
      [() => undefined, 200, "first"],
      [() => writeFileSync(path, "second"), 200, "second"],
      [() => write(path, "third!"), 200, "third!"], // with the same size and time as the first content
      [() => write(path, "fourth"), 200, "fourth"],
      [() => rmSync(path), 404, problem(404)],
      [() => write(path, "fifth"), 200, "fifth"],
      [() => renameSync(path, join(directory, "b.txt")), 404, problem(404)],
    ];
    for (const [change, status, text] of steps) {
      change();
      now += 1_000;
      expect(await ask(server, "GET /a.txt")).toMatchObject({ status, text });
    }
  });

  test("of a sibling is visible, too", async () => {
    const directory = makeFolder({ "a.js": "plain" });
    const { server } = await startSite((site) => site.serve({ directory }));
    const accept = { "Accept-Encoding": "br" };
    expect((await ask(server, "GET /a.js", accept)).text).toBe("plain");
    write(join(directory, "a.js.br"), "BR");
    now += 1_000;
    expect((await ask(server, "GET /a.js", accept)).text).toBe("BR");
    rmSync(join(directory, "a.js.br"));
    now += 1_000;
    expect((await ask(server, "GET /a.js", accept)).text).toBe("plain");
  });

  test("is visible at once with revalidateAfter 0", async () => {
    const directory = makeFolder({ "a.txt": "first" });
    const { server } = await startSite((site) => site.serve({ directory }), {
      options: { revalidateAfter: 0 },
    });
    expect((await ask(server, "GET /a.txt")).text).toBe("first");
    write(join(directory, "a.txt"), "later");
    expect((await ask(server, "GET /a.txt")).text).toBe("later");
  });

  test("is visible when a directory is removed and created again", async () => {
    const parent = makeFolder({ "public/a.txt": "a" });
    const { server } = await startSite((site) => site.serve({ directory: join(parent, "public") }));
    rmSync(join(parent, "public"), { recursive: true });
    expect((await ask(server, "GET /a.txt")).status).toBe(404);
    write(join(parent, "public/a.txt"), "back");
    now += 1_000;
    expect((await ask(server, "GET /a.txt")).text).toBe("back");
  });
});
