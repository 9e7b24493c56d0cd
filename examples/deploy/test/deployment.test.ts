import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { type Program, startProgram } from "../../../scripts/test/_program.ts";

const folder = dirname(import.meta.dirname);

/** How long Packetron may need after `drainTimeout` to cut connections, run stop hooks and exit, in milliseconds. */
const LAST_STEPS = 4_000;

/** Defaults of Packetron on which the probes and limits depend: in milliseconds, and in MiB for one worker. */
const HEARTBEAT_TIMEOUT = 10_000;
const READY_TIMEOUT = 30_000;
const WORKER_MEMORY = 128;

const read = (file: string): string => readFileSync(join(folder, file), "utf8");

/** The first group of a match as a number: `20_000` gives 20000. */
function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no match for ${pattern}`);
  return Number(found.replaceAll("_", ""));
}

const drainTimeout = numberIn(read("server.ts"), /drainTimeout: ([\d_]+)/);

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly resources: { readonly limits: { readonly cpu: string; readonly memory: string } };
  readonly volumeMounts: readonly { readonly mountPath: string }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface Manifest {
  readonly kind: string;
  readonly spec: {
    readonly selector: unknown;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [Container];
      };
    };
  };
}

function manifest(kind: string): Manifest {
  const documents = parseAllDocuments(read("kubernetes.yaml")).map((document) => {
    expect(document.errors).toEqual([]);
    const value: Manifest = document.toJS();
    return value;
  });
  const found = documents.find((document) => document.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

/** How long a probe fails until Kubernetes acts, in milliseconds. */
const timeUntilFailure = (probe: Probe): number => probe.periodSeconds * probe.failureThreshold * 1_000;

test("Kubernetes waits longer than the drain may take, and the drain begins after Kubernetes has seen the failed readiness", () => {
  const { terminationGracePeriodSeconds, containers } = manifest("Deployment").spec.template.spec;
  const [{ env, readinessProbe }] = containers;
  const preDrainDelay = Number(env.find(({ name }) => name === "PRE_DRAIN_DELAY")?.value);
  expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(
    preDrainDelay + drainTimeout + LAST_STEPS,
  );
  expect(preDrainDelay).toBeGreaterThanOrEqual(timeUntilFailure(readinessProbe));
});

test("the probes use the paths of the server, give it time to start, and are slower than Packetron's heartbeat", () => {
  const [container] = manifest("Deployment").spec.template.spec.containers;
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const server = read("server.ts");
  expect(readinessProbe.httpGet.path).toBe(/readiness: "([^"]+)"/.exec(server)?.[1]);
  expect(startupProbe.httpGet.path).toBe(readinessProbe.httpGet.path);
  expect(livenessProbe.httpGet.path).toBe(/liveness: "([^"]+)"/.exec(server)?.[1]);
  expect(timeUntilFailure(startupProbe)).toBeGreaterThanOrEqual(READY_TIMEOUT);
  expect(timeUntilFailure(livenessProbe)).toBeGreaterThan(HEARTBEAT_TIMEOUT);
  for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe])
    expect(container.ports.map(({ name }) => name)).toContain(httpGet.port);
  expect(container.ports[0]?.containerPort).toBe(numberIn(server, /PORT \?\? (\d+)/));
});

test("the limits give each worker a CPU and its memory, and /tmp is mounted in the read-only root", () => {
  const [{ resources, volumeMounts }] = manifest("Deployment").spec.template.spec.containers;
  const workers = Math.ceil(Number(resources.limits.cpu));
  expect(Number.parseInt(resources.limits.memory, 10)).toBeGreaterThanOrEqual(workers * WORKER_MEMORY);
  expect(volumeMounts.map(({ mountPath }) => mountPath)).toContain("/tmp");
});

test("the service and the budget select the pods of the deployment", () => {
  const { labels } = manifest("Deployment").spec.template.metadata;
  expect(manifest("Service").spec.selector).toEqual(labels);
  expect(manifest("PodDisruptionBudget").spec.selector).toEqual({ matchLabels: labels });
});

/** The lines of the last stage in the Dockerfile, which define the image and its command. */
const stage =
  read("Dockerfile")
    .split(/^FROM .*$/m)
    .at(-1)
    ?.split("\n") ?? [];

const argumentsOf = (word: string): string[] =>
  stage.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

/** Makes a folder with the files of the image, and runs its command there, through `wrapper`. */
function runImage(wrapper: readonly string[] = []): Promise<Program> {
  const image = mkdtempSync(join(tmpdir(), "packetron-image-"));
  onTestFinished(() => rmSync(image, { recursive: true }));
  const copied = argumentsOf("COPY").filter((line) => !line.startsWith("--from"));
  for (const file of copied.flatMap((line) => line.split(" ").slice(0, -1)))
    cpSync(join(folder, file), join(image, file));
  symlinkSync(join(folder, "node_modules"), join(image, "node_modules"));
  const [node, ...parameters]: readonly string[] = JSON.parse(argumentsOf("CMD")[0] ?? "[]");
  expect(node).toBe("node");
  const env = Object.fromEntries(argumentsOf("ENV").map((line) => line.split("=")));
  return startProgram([...wrapper, process.execPath, ...parameters], {
    cwd: image,
    env: { ...env, PORT: "0" },
  });
}

test("the image runs node directly, not as root, and its files are enough to run and to stop with exit code 0", async () => {
  expect(argumentsOf("USER")).toEqual(["node"]);
  expect(argumentsOf("STOPSIGNAL")).toEqual(["SIGTERM"]);
  const program = await runImage();
  expect((await fetch(`${program.origin}/readyz`)).status).toBe(200);
  expect(await program.stop()).toBe(0);
});

test("as process 1, as in a container, the command stops with exit code 0 and leaves no process", async ({
  skip,
}) => {
  const unshare = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child"];
  if (spawnSync(unshare[0] ?? "", [...unshare.slice(1), "true"]).status !== 0)
    return skip("this machine does not allow new process namespaces");
  const program = await runImage(unshare);
  const [first = 0] = childrenOf(program.pid);
  expect(readFileSync(`/proc/${first}/status`, "utf8")).toMatch(/^NSpid:.*\t1$/m);
  expect((await fetch(`${program.origin}/readyz`)).status).toBe(200);
  process.kill(first, "SIGTERM");
  expect(await program.ended).toBe(0);
});

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);

test("systemd waits longer than the drain may take, and signals only the primary", () => {
  const unit = read("packetron.service");
  expect(numberIn(unit, /TimeoutStopSec=(\d+)/) * 1_000).toBeGreaterThanOrEqual(drainTimeout + LAST_STEPS);
  expect(unit).toMatch(/^KillMode=mixed$/m);
  expect(unit).toMatch(/^KillSignal=SIGTERM$/m);
  const workers = numberIn(unit, /CPUQuota=(\d+)%/) / 100;
  expect(numberIn(unit, /MemoryMax=(\d+)M/)).toBeGreaterThanOrEqual(workers * WORKER_MEMORY);
});

test("systemd-analyze reports no problem in the unit", async ({ skip }) => {
  const place = mkdtempSync(join(tmpdir(), "packetron-unit-"));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const file = join(place, "api.service");
  // Replaces the paths of an installation by paths that exist on this machine.
  const here = read("packetron.service")
    .replaceAll("/usr/bin/node", process.execPath)
    .replaceAll("/srv/api/node_modules/.bin/packetron", process.execPath)
    .replaceAll("/srv/api", folder);
  writeFileSync(file, here);
  try {
    const { stdout, stderr } = await promisify(execFile)("systemd-analyze", ["verify", "--man=no", file]);
    expect(`${stdout}${stderr}`.split("\n").filter((line) => line.includes("api.service"))).toEqual([]);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return skip("systemd-analyze is not installed");
    throw error;
  }
});

/** The fenced blocks of a recipe in one language. */
function blockOf(page: string, language: string): string {
  const text = readFileSync(join(folder, "../../docs/recipes", page), "utf8");
  const [, block = ""] = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "m").exec(text) ?? [];
  return block;
}

/** The lines of a file that say something: without indentation, comments and empty lines. */
const linesOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => line.replace(/(^|\s)#.*/, "").trim() || []);

test("the recipe for containers has the lines of the Dockerfile, and its command waits for the drain", () => {
  expect(linesOf(blockOf("docker.md", "dockerfile"))).toEqual(linesOf(read("Dockerfile")));
  const command = blockOf("docker.md", "sh");
  expect(numberIn(command, /--stop-timeout (\d+)/) * 1_000).toBeGreaterThanOrEqual(drainTimeout + LAST_STEPS);
  const workers = numberIn(command, /--cpus (\d+)/);
  expect(numberIn(command, /--memory (\d+)m/)).toBeGreaterThanOrEqual(workers * WORKER_MEMORY);
});

test("the recipe for Kubernetes is a part of the manifest", () => {
  const part: unknown = parse(blockOf("kubernetes.md", "yaml"));
  expect(manifest("Deployment").spec.template.spec).toMatchObject(Object(part));
});

test("the recipe for systemd has lines of the unit", () => {
  const lines = linesOf(blockOf("systemd.md", "ini"));
  expect(lines.length).toBeGreaterThan(10);
  expect(linesOf(read("packetron.service"))).toEqual(expect.arrayContaining(lines));
});

test.each(["docker.md", "kubernetes.md", "systemd.md"])(
  "the program of %s has the options of the server",
  (page) => {
    const program = blockOf(page, "ts");
    expect(numberIn(program, /drainTimeout: ([\d_]+)/)).toBe(drainTimeout);
    for (const line of linesOf(program).filter((text) => /^(health|preDrainDelay):/.test(text)))
      expect(
        linesOf(read("server.ts")).map((text) =>
          text.replaceAll("env.PRE_DRAIN_DELAY", 'env["PRE_DRAIN_DELAY"]'),
        ),
      ).toContain(line);
  },
);
