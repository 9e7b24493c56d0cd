/** A process that works on global data as it is told, and says when each operation began and ended. */
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
  tell({ what: "done" });
}

function perform(command: Command): void {
  const { operation, key } = command;
  const began = now();
  if (command.report === true) tell({ what: "began", operation, key, value: command.value ?? null, began });
  try {
    const value = run(command);
    if (command.report === true) tell({ what: "ended", operation, key, value, began, ended: now() });
  } catch (error) {
    const code = isPacketronError(error) ? error.code : String(error);
    tell({ what: "failed", operation, key, value: null, code, began, ended: now() });
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
      // Says that it holds a revision, and keeps it until it is killed, or continued after a stop.
      return server.updateGlobalData(key, (count) => {
        tell({ what: "holding" });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(value));
        return Number(count ?? 0) + 1;
      });
  }
}

/** The clock that all processes of the machine share, and nobody sets. */
function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/**
 * Written when this returns, even if the next instant is the last one. `process.stdout` keeps what its reader is too slow
 * for, and takes it to the grave: the history would then lack operations that happened.
 */
function tell(report: Report): void {
  const line = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let offset = 0; offset < line.length; ) offset += writeSync(1, line, offset);
}
