/** A process that performs commands on global data, and reports when each operation began and ended. */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { isPacketronError, Packetron, PacketronServerFlags } from "@packetron/core";
import { globalData } from "../../../src/index.ts";
import type { Command, Report } from "../_clients.ts";

const lockTimeout = Number(process.env["LOCK_TIMEOUT"] ?? 20_000);
const server = new Packetron({
  maxThreads: 1,
  port: 0,
  flags: PacketronServerFlags.SILENCE_INTERNAL_LOGS,
  capabilities: [globalData({ lockTimeout })],
});

for await (const line of createInterface({ input: process.stdin })) {
  const command: Command = JSON.parse(line);
  for (let round = 0; round < (command.times ?? 1); round++) perform(command);
  send({ what: "done" });
}

function perform(command: Command): void {
  const { operation, key } = command;
  const began = now();
  if (command.report === true) send({ what: "began", operation, key, value: command.value ?? null, began });
  try {
    const value = run(command);
    if (command.report === true) send({ what: "ended", operation, key, value, began, ended: now() });
  } catch (error) {
    const code = isPacketronError(error) ? error.code : String(error);
    send({ what: "failed", operation, key, value: null, code, began, ended: now() });
  }
}

function run({ operation, key, value }: Command): unknown {
  switch (operation) {
    case "get":
      return server.getGlobalData(key) ?? null;
    case "set":
      server.setGlobalData(key, value);
      return value;
    case "increment":
      return server.updateGlobalData(key, (count) => Number(count ?? 0) + 1);
    case "hold":
      // Reports that it holds a revision, and holds it until the time is over or the process is killed.
      return server.updateGlobalData(key, (count) => {
        send({ what: "holding" });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(value));
        return Number(count ?? 0) + 1;
      });
  }
}

/** The time in microseconds, of the monotonic clock that all processes of the machine share. */
function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/**
 * Writes a report synchronously, so that it arrives even if the process is killed next. `process.stdout` buffers lines
 * for a slow reader and loses them at a kill: the history would lack operations that took effect.
 */
function send(report: Report): void {
  const line = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let offset = 0; offset < line.length; ) offset += writeSync(1, line, offset);
}
