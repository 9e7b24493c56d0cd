import { PacketronFileRouterFlags } from "@packetron/core";
import { expect, test } from "vitest";
import { ask, makeFolder, startSite } from "../_site.ts";

test("a directory of 10,000 files is served at once, because no file is read before a request", async () => {
  const files = Array.from({ length: 10_000 }, (_, index): [string, string] => [
    `${index % 100}/f${index}.txt`,
    "x",
  ]);
  const directory = makeFolder(Object.fromEntries(files));
  const started = performance.now();
  const { server } = await startSite((site) => {
    site.serve({ directory, pathPrefix: "tree" });
    site.serve({ directory, pathPrefix: "flat", flags: PacketronFileRouterFlags.NO_DIRECTORY_STRUCTURE });
  });
  expect((await ask(server, "GET /tree/99/f9999.txt")).text).toBe("x");
  expect((await ask(server, "GET /flat/f5000.txt")).text).toBe("x");
  // A bound for a busy machine: ten times what two requests and the names of 100 folders take.
  expect(performance.now() - started).toBeLessThan(10_000);
  expect((await ask(server, "GET /tree/f9999.txt")).status).toBe(404);
}, 60_000);
