import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contestants, SUBJECT } from "../../harness/contestants.ts";
import { invited } from "../../harness/field.ts";
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

test.each(scenarios)("Packetron and at least one usual peer take part in $name", (scenario) => {
  const names = invited(scenario, { peers: [], all: false }, false).map(({ name }) => name);
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

test.each(["async", "burst"])("node:http, fastify and Bun take part in %s", (application) => {
  const inIt = contestants.filter(({ applications }) => applications.includes(application));
  expect(inIt.map(({ name }) => name)).toEqual(expect.arrayContaining(["node-http", "fastify", "bun"]));
});

describe("invited()", () => {
  const names = (peers: readonly string[], all: boolean, scenario = "get-json"): string[] =>
    invited({ name: scenario, application: "json" }, { peers, all }, false).map(({ name }) => name);

  test("leaves out contestants that are not usual, unless all or they by name are wanted", () => {
    expect(names([], false)).not.toContain("koa");
    expect(names([], true)).toContain("koa");
    expect(names(["koa"], false)).toEqual([SUBJECT, "koa"]);
  });

  test("has a contestant of some scenarios in those only", () => {
    expect(names([], false)).toContain("packetron-standard");
    expect(names([], false, "startup")).not.toContain("packetron-standard");
  });
});

test("names are unique", () => {
  for (const names of [contestants.map(({ name }) => name), scenarios.map(({ name }) => name)])
    expect(new Set(names).size).toBe(names.length);
});
