import { expect, test } from "vitest";
import { readVariable, type WorkerMark } from "../../src/config/environment.ts";
import { decideRole, type RoleFacts } from "../../src/config/process-role.ts";

const program: RoleFacts = {
  mark: undefined,
  generation: 1,
  parent: 100,
  isClusterWorker: false,
  pm2: undefined,
  isMainThread: true,
  entry: "/app/server.js",
  nodeOptions: [],
  runner: undefined,
  runtime: "node",
};
const vitest = { name: "vitest", ownsEntry: true };
const nodeTest = { name: "node:test", ownsEntry: false };
const worker: RoleFacts = { ...program, isClusterWorker: true, mark: markOf("3:100") };

interface Row {
  readonly name: string;
  readonly facts: RoleFacts;
  readonly maxThreads?: number;
  readonly seat: object;
}

const refused = { role: "single", refusal: { code: "PKT_CLUSTER_NO_WORKERS" } };

const roles: readonly Row[] = [
  { name: "a program", facts: program, seat: { role: "primary" } },
  {
    name: "a program with node options",
    facts: { ...program, nodeOptions: ["--enable-source-maps"] },
    seat: { role: "primary" },
  },
  { name: "our worker", facts: worker, seat: { role: "worker", workerId: 3, generation: 1 } },
  {
    name: "our worker after a reload",
    facts: { ...worker, generation: 12 },
    seat: { role: "worker", workerId: 3, generation: 12 },
  },
  {
    name: "our worker with an invalid generation",
    facts: { ...worker, generation: readVariable("PACKETRON_GENERATION", { PACKETRON_GENERATION: "-1" }) },
    seat: { role: "worker", workerId: 3, generation: 1 },
  },
  {
    name: "a child of our worker",
    facts: { ...program, mark: markOf("3:100"), parent: 101 },
    seat: { role: "primary" },
  },
  { name: "a cluster worker below our worker", facts: { ...worker, parent: 101 }, seat: { role: "single" } },
  { name: "an invalid mark", facts: { ...worker, mark: markOf("0:100") }, seat: { role: "single" } },
  { name: "a thread of our worker", facts: { ...worker, isMainThread: false }, seat: { role: "single" } },
  {
    name: "a cluster worker of another library",
    facts: { ...program, isClusterWorker: true },
    seat: { role: "single" },
  },
  { name: "PM2", facts: { ...program, pm2: "0" }, seat: { role: "single" } },
  { name: "PM2 with maxThreads", facts: { ...program, pm2: "0" }, maxThreads: 2, seat: { role: "primary" } },
  {
    name: "PM2 in cluster mode",
    facts: { ...program, pm2: "0", isClusterWorker: true },
    maxThreads: 2,
    seat: { role: "single", note: "one process, because it runs inside a worker of another cluster" },
  },
  {
    name: "a test of vitest",
    facts: { ...program, runner: vitest },
    seat: { role: "single", note: "one process, because it runs in a test of vitest" },
  },
  {
    name: "a test in a thread of vitest",
    facts: { ...program, runner: vitest, isMainThread: false },
    seat: { role: "single", note: "one process, because it runs in a test of vitest" },
  },
  { name: "vitest with maxThreads", facts: { ...program, runner: vitest }, maxThreads: 2, seat: refused },
  {
    name: "vitest with maxThreads 1",
    facts: { ...program, runner: vitest },
    maxThreads: 1,
    seat: { role: "single" },
  },
  { name: "a test of node:test", facts: { ...program, runner: nodeTest }, seat: { role: "single" } },
  {
    name: "node:test with maxThreads",
    facts: { ...program, runner: nodeTest },
    maxThreads: 2,
    seat: { role: "primary" },
  },
  { name: "our worker below node:test", facts: { ...worker, runner: nodeTest }, seat: { role: "worker" } },
  { name: "Bun", facts: { ...program, runtime: "bun" }, seat: { role: "single" } },
  { name: "Bun with maxThreads", facts: { ...program, runtime: "bun" }, maxThreads: 2, seat: refused },
  { name: "Deno", facts: { ...program, runtime: "deno" }, seat: { role: "single" } },
  {
    name: "Deno with maxThreads",
    facts: { ...program, runtime: "deno" },
    maxThreads: 2,
    seat: { role: "primary" },
  },
  { name: "a worker thread", facts: { ...program, isMainThread: false }, seat: { role: "single" } },
  { name: "the REPL", facts: { ...program, entry: undefined }, seat: { role: "single" } },
  { name: "a program from the input", facts: { ...program, entry: "-" }, seat: { role: "single" } },
  {
    name: "node -e with an argument",
    facts: { ...program, entry: "x", nodeOptions: ["-e"] },
    seat: { role: "single" },
  },
  {
    name: "node --eval=",
    facts: { ...program, entry: "x", nodeOptions: ["--eval=1"] },
    seat: { role: "single" },
  },
];

test.each(roles)("$name", ({ facts, maxThreads, seat }) => {
  expect(decideRole(facts, maxThreads)).toMatchObject(seat);
});

test("the refusal of workers names the runner, its entry file and the cures", () => {
  const own = decideRole({ ...program, runner: vitest, entry: "/x/vitest.mjs" }, 4);
  expect(own).toMatchObject({
    refusal: {
      message:
        "maxThreads is 4, but no workers can run in a test of vitest: each worker would run /x/vitest.mjs again. " +
        'Leave maxThreads out, or let the test start the server as a program of its own: child_process.fork("server.js").',
    },
  });
});

/** Parses a worker mark in the same way as a process parses that of its environment. */
function markOf(text: string): WorkerMark | undefined {
  return readVariable("PACKETRON_WORKER", { PACKETRON_WORKER: text });
}
