/**
 * A program with a leader. Every process appends a line to the file `LEDGER` when it begins to lead and when it has ended.
 * A process that begins while another leader still runs also records that. With `STUBBORN`, the task ignores its signal;
 * with `CLUMSY`, it fails at its first start.
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

server.onLeader(async (signal, { token }) => {
  starts += 1;
  if (process.env["CLUMSY"] !== undefined && starts === 1) throw new Error("not yet");
  for (const pid of unfinished()) if (pid !== process.pid && isAlive(pid)) write("overlap");
  write("begin", token);
  if (process.env["STUBBORN"] !== undefined) await pause(1_000_000);
  while (!signal.aborted) await pause(5);
  await pause(20); // the cleanup of the task
  write("end");
});

await server.start();
// Registered later, in every process: a second task needs no second election.
server.onLeader(() => write("second"));
const facts = { role: server.role, worker: server.workerId, port: server.port, server: 0 };
process.stdout.write(`${JSON.stringify({ event: "started", pid: process.pid, ...facts })}\n`);
process.stdin.on("data", () => void server.stop()).unref();

function write(event: string, token = 0n): void {
  appendFileSync(ledger, `${event} ${process.pid} ${token}\n`);
}

/** The processes that began to lead and have not ended. */
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
