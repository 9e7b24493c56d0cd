import { linkSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { PacketronFileRouterFlags } from "@packetron/core";
import { expect, test } from "vitest";
import { ask, makeFolder, startSite } from "../_site.ts";

test("a directory of 10,000 files is served at once, because no file is read before a request", async () => {
  const directory = makeFolder({ x: "x" });
  for (let folder = 0; folder < 100; folder++) mkdirSync(join(directory, String(folder)));
  // Links, because the names are what matters: making 10,000 files takes seconds of CPU.
  for (let index = 0; index < 10_000; index++)
    linkSync(join(directory, "x"), join(directory, String(index % 100), `f${index}.txt`));
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
