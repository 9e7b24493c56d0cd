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
};
const worker: RoleFacts = { ...program, isClusterWorker: true, mark: markOf("3:100") };

const roles: { readonly name: string; readonly facts: RoleFacts; readonly seat: object }[] = [
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

test.each(roles)("$name", ({ facts, seat }) => {
  expect(decideRole(facts)).toMatchObject(seat);
});

/** Parses a worker mark in the same way as a process parses that of its environment. */
function markOf(text: string): WorkerMark | undefined {
  return readVariable("PACKETRON_WORKER", { PACKETRON_WORKER: text });
}
