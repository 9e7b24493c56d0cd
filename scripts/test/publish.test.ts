/** Tests of publishing, with npm and a registry of this process that keeps what it gets. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Publishable, publishMissing } from "../publish.ts";

/** The versions of each package that the registry has. */
const versions = new Map<string, string[]>();
/** The packages that `npm publish` sent, in their order. */
const arrived: string[] = [];
/** The names that the registry refuses with 500. */
const broken = new Set<string>();
const folder = mkdtempSync(join(tmpdir(), "packetron-publish-"));

const registry = createServer(async (request, response) => {
  const name = decodeURIComponent((request.url ?? "").slice(1).split("?", 1)[0] ?? "");
  const known = versions.get(name);
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.method === "PUT") {
    const added = await readVersions(request);
    arrived.push(...added.map((version) => `${name}@${version}`));
    if (broken.has(name)) return answer(500, { error: "broken" });
    versions.set(name, [...(known ?? []), ...added]);
    return answer(201, { ok: true });
  }
  if (known === undefined) return answer(404, { error: "not found" });
  const entries = known.map((version) => [version, { name, version }]);
  answer(200, { name, "dist-tags": { latest: known.at(-1) }, versions: Object.fromEntries(entries) });
});

/** The versions in the document that `npm publish` sends; its attachment is the tarball. */
async function readVersions(request: IncomingMessage): Promise<string[]> {
  const { versions: sent, _attachments: attachments } = Object(await json(request));
  expect(Object.keys(attachments)).toHaveLength(1);
  return Object.keys(sent);
}

beforeAll(async () => {
  registry.listen(0, "127.0.0.1");
  await once(registry, "listening");
  const { port } = Object(registry.address());
  const settings = [
    `registry=http://127.0.0.1:${port}/`,
    `//127.0.0.1:${port}/:_authToken=test`,
    `cache=${join(folder, "cache")}`,
    "update-notifier=false",
    "fetch-retries=0",
  ];
  writeFileSync(join(folder, ".npmrc"), settings.join("\n"));
  vi.stubEnv("NPM_CONFIG_USERCONFIG", join(folder, ".npmrc"));
  vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", undefined);
  for (const name of ["npm_config_registry", "NPM_CONFIG_REGISTRY"]) vi.stubEnv(name, undefined);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  return new Promise((resolve) => registry.close(resolve));
});

/** Packs an empty package of a name. */
function pack(name: string): Publishable {
  const version = "0.2.0";
  const path = join(folder, `${name.replace(/\W/g, "-")}.tgz`);
  mkdirSync(join(folder, "package"), { recursive: true });
  writeFileSync(join(folder, "package", "package.json"), JSON.stringify({ name, version }));
  execFileSync("tar", ["-czf", path, "package"], { cwd: folder });
  return { name, version, path };
}

test("what the registry lacks is published, core first, and a second call continues after a failure", async () => {
  versions.set("@packetron/core", ["0.1.0"]);
  versions.set("@packetron/cors", ["0.1.0", "0.2.0"]);
  const packages: Publishable[] = [
    pack("packetron"),
    { name: "@packetron/cors", version: "0.2.0", path: join(folder, "never-read.tgz") },
    pack("@packetron/core"),
  ];
  broken.add("packetron");
  await expect(publishMissing(packages)).rejects.toThrow("500");
  expect(arrived).toEqual(["@packetron/core@0.2.0", "packetron@0.2.0"]);
  broken.clear();
  expect((await publishMissing(packages)).map(({ name }) => name)).toEqual(["packetron"]);
  expect(arrived).toEqual(["@packetron/core@0.2.0", "packetron@0.2.0", "packetron@0.2.0"]);
});
