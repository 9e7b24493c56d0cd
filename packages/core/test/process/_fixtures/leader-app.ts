/**
 * A program with a leader. `LEDGER` is a file to which every process adds a line when it begins to lead and when it has
 * ended; who begins while another one lives that has not ended writes that down. With `STUBBORN` the task
 * ignores its signal; with `CLUMSY` it fails when it is started for the first time.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Packetron } from "../../../src/index.ts";

const server = new Packetron({ host: "127.0.0.1", port: 0, ...JSON.parse(process.env["OPTIONS"] ?? "{}") });
const ledger = process.env["LEDGER"] ?? "";
let starts = 0;

server.handle({
  routePath: "/",
  handler: (_request, response) => response.sendJson({ pid: process.pid, worker: server.workerId }),
});

server.onLeader(async (signal) => {
  starts += 1;
  if (process.env["CLUMSY"] !== undefined && starts === 1) throw new Error("not yet");
  for (const pid of unfinished()) if (pid !== process.pid && isAlive(pid)) write("overlap");
  write("begin");
  if (process.env["STUBBORN"] !== undefined) await pause(1_000_000);
  while (!signal.aborted) await pause(5);
  await pause(20); // what a task has to put in order
  write("end");
});

await server.start();
// Registered later, and by whoever leads: a second task needs no second election.
server.onLeader(() => write("second"));
const facts = { role: server.role, worker: server.workerId, port: server.port, server: 0 };
process.stdout.write(`${JSON.stringify({ event: "started", pid: process.pid, ...facts })}\n`);
process.stdin.on("data", () => void server.stop()).unref();

function write(event: string): void {
  appendFileSync(ledger, `${event} ${process.pid}\n`);
}

/** Processes that began to lead and have not ended. */
function unfinished(): Set<number> {
  const open = new Set<number>();
  for (const line of readFileSync(ledger, "utf8").split("\n")) {
    const [event, pid] = line.split(" ");
    if (event === "begin") open.add(Number(pid));
    if (event === "end") open.delete(Number(pid));
  }
  return open;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
