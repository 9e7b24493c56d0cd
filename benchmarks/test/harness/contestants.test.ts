import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contestants, SUBJECT } from "../../harness/contestants.ts";
import { peersFolder } from "../../harness/install.ts";
import { scenarios } from "../../scenarios/index.ts";

const programs = contestants.filter(({ runtime, absence }) => runtime !== "nginx" && absence === undefined);

test.each(programs)(
  "$name has its program, which implements all its applications in the list",
  ({ program, applications }) => {
    const path = join(peersFolder, program);
    expect(existsSync(path)).toBe(true);
    const text = readFileSync(path, "utf8");
    if (program === "node-cluster.js") return; // it has only one application
    for (const application of applications) expect(text).toMatch(new RegExp(`[ {]"?${application}"?: `));
  },
);

test.each(contestants)("the packages of $name are dependencies of peers/", ({ packages }) => {
  const manifest = JSON.parse(readFileSync(join(peersFolder, "package.json"), "utf8"));
  for (const name of packages) expect(manifest.dependencies).toHaveProperty([name]);
});

test.each(scenarios)("Packetron and at least one peer take part in $name", ({ application }) => {
  const names = contestants
    .filter(({ applications }) => applications.includes(application))
    .map(({ name }) => name);
  expect(names).toContain(SUBJECT);
  expect(names.some((name) => !name.startsWith(SUBJECT))).toBe(true);
});

test("every distribution of Packetron and one process take part in a burst, each with its baseline", () => {
  const inBurst = contestants.filter(({ applications }) => applications.includes("burst"));
  const own = inBurst.filter(({ name, baselineOf }) => name.startsWith(SUBJECT) && baselineOf === undefined);
  expect(own.map(({ titles, title }) => titles?.burst ?? title)).toEqual([
    "Packetron, one process",
    "Packetron, least-connections",
    "Packetron, round-robin",
    "Packetron, sticky-ip",
    "Packetron, reuse-port",
  ]);
  for (const { name, variant } of own)
    expect(inBurst).toContainEqual(
      expect.objectContaining({ name: `${name}-baseline`, baselineOf: name, variant }),
    );
});

test.each(["async", "paced", "burst"])("node:http, fastify and Bun take part in %s", (application) => {
  const inIt = contestants.filter(({ applications }) => applications.includes(application));
  expect(inIt.map(({ name }) => name)).toEqual(expect.arrayContaining(["node-http", "fastify", "bun"]));
});

test("names are unique", () => {
  for (const names of [contestants.map(({ name }) => name), scenarios.map(({ name }) => name)])
    expect(new Set(names).size).toBe(names.length);
});
