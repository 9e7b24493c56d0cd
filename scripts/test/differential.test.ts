/**
 * Runs the rows of the differential tests against the packed packages. Their servers run on each Node version, from files
 * without types. The clients run in this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  compareRow,
  directOf,
  type OpenSite,
  standardOf,
  whenDeferred,
} from "../../packages/core/test/differential/_compare.ts";
import type { Row } from "../../packages/core/test/differential/_row.ts";
import { tables } from "../../packages/core/test/differential/_rows/index.ts";
import type { History } from "../../packages/core/test/differential/_site.ts";
import { publicPackages, root } from "../_packages.ts";
import { type Consumer, createConsumer } from "./_consumer.ts";

const SOURCES = join(root, "packages/core/test/differential");
const full = process.env["PACKETRON_TEST_FULL"] !== undefined;

let consumer: Consumer | undefined;
beforeAll(async () => {
  // The sites use `packetron`. What stands beside it would take most of the time of the installation.
  const { manifest } = publicPackages().find(({ folder }) => folder === "packetron") ?? {};
  const packages = ["packetron", ...Object.keys(manifest?.dependencies ?? {})];
  consumer = await createConsumer("differential", packages);
  await copyWithoutTypes(SOURCES, join(consumer.path, "rows"));
  await copyWithoutTypes(join(SOURCES, "_rows"), join(consumer.path, "rows", "_rows"));
});
afterAll(() => consumer?.remove());

// All rows on every version take minutes. Without the full test layer, a few rows are enough to test this set-up.
const wanted = tables.map(([name, rows]): [string, readonly Row[]] => [name, full ? rows : rows.slice(0, 3)]);

describe.each(inject("runtimes"))("on $label", ({ node, skipped }) => {
  let sites: Sites | undefined;
  beforeAll(() => {
    if (node !== undefined) sites = startSites(node, consumer?.path ?? "");
  });
  afterAll(() => sites?.end());

  test.for(wanted)(
    "both ways of dispatch give the same: %s",
    { timeout: 600_000 },
    async ([, rows], context) => {
      if (sites === undefined) return context.skip(skipped);
      const { open } = sites;
      const differences: string[] = [];
      for (const row of rows) if (await differs(row, open)) differences.push(row.name);
      expect(differences).toEqual([]);
    },
  );
});

/** Copies the files of a folder as JavaScript, which every Node version can run. */
async function copyWithoutTypes(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const file of (await readdir(from)).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
  )) {
    const code = stripTypeScriptTypes(await readFile(join(from, file), "utf8"));
    await writeFile(join(to, file.replace(/\.ts$/, ".mjs")), code.replaceAll(/(from ".+)\.ts"/g, '$1.mjs"'));
  }
}

/** A process of a Node version in which sites are opened. */
interface Sites {
  readonly open: OpenSite;
  end(): Promise<void>;
}

/** Starts one process for the sites of all rows: loading the packages takes more time than the rows. */
function startSites(node: string, cwd: string): Sites {
  const child: ChildProcess = spawn(node, ["site.mjs"], {
    cwd,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const waiting = new Map<number, (value: unknown) => void>();
  child.on("message", ({ id, value }: { id: number; value: unknown }) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  let calls = 0;
  const call = (name: string, parameters: object): Promise<unknown> => {
    const id = calls++;
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      ended.then(
        ([code, signal]) => reject(new Error(`The process of the sites ended with ${code ?? signal}.`)),
        reject,
      );
      child.send({ id, call: name, parameters }, (error) => {
        if (error !== null) reject(error);
      });
    });
  };
  const open: OpenSite = async (row, mode, watch) => {
    const { site, port } = (await call("open", { row: row.name, mode, watch })) as {
      site: number;
      port: number;
    };
    return {
      port,
      received: async (clientPort, bytes) => void (await call("received", { site, clientPort, bytes })),
      watched: async () => void (await call("watched", { site })),
      close: async () => (await call("close", { site })) as History,
    };
  };
  return {
    open,
    end: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/**
 * Whether both ways of dispatch differ, each of five times. On a busy machine a turn of the server may take too long for
 * the next request, which is then deferred in one mode alone; a difference of the product is there each time.
 */
async function differs(row: Row, open: OpenSite): Promise<boolean> {
  for (let times = 0; times < 5; times++) {
    const comparisons = await compareRow(row, open);
    const [direct, standard] = [directOf(comparisons), standardOf(comparisons)].map((side) =>
      JSON.stringify(whenDeferred(side)),
    );
    if (direct === standard) return false;
  }
  return true;
}
