/** Times compiled routes against each other, without a socket: what a gate itself costs. */
import { Socket } from "node:net";
import { arch, cpus } from "node:os";
import {
  type Capability,
  type CapabilityHost,
  Packetron,
  PacketronRequest,
  PacketronResponse,
} from "@packetron/core";

/** What is timed: a route as core has compiled it. */
export interface Contestant {
  readonly name: string;
  readonly run: (request: PacketronRequest, response: PacketronResponse) => unknown;
}

const CALLS = 1_000_000;
const ROUNDS = 15;

/** A server that never starts, and the host of one of its capabilities. */
export function makeHost(...capabilities: readonly Capability[]): CapabilityHost {
  const hosts: CapabilityHost[] = [];
  const probe: Capability = { name: "benchmark", install: (host) => void hosts.push(host) };
  new Packetron({ maxThreads: 1, capabilities: [...capabilities, probe] });
  const [host] = hosts;
  if (host === undefined) throw new Error("install() was not called");
  return host;
}

/**
 * Prints nanoseconds for each call: median and minimum of the rounds, and what the median is above that of the first
 * contestant. Rounds are interleaved, so that a noisy moment hits all of them.
 */
export function compare(title: string, contestants: readonly Contestant[]): void {
  const request = new PacketronRequest(new Socket());
  const response = new PacketronResponse(request);
  const rounds = contestants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { run }] of contestants.entries()) {
      const start = process.hrtime.bigint();
      for (let call = 0; call < CALLS; call++) run(request, response);
      rounds[index]?.push(Number(process.hrtime.bigint() - start) / CALLS);
    }
  }
  print(`${title} (Node ${process.versions.node}, ${arch()}, ${cpus()[0]?.model ?? "unknown CPU"})`);
  print(`${"ns per request".padEnd(46)}${cells("median", "minimum", "added")}`);
  const medians = rounds.map((times) => times.toSorted((one, other) => one - other));
  const base = medians[0]?.[ROUNDS >> 1] ?? 0;
  for (const [index, { name }] of contestants.entries()) {
    const [median = 0, minimum = 0] = [medians[index]?.[ROUNDS >> 1], medians[index]?.[0]];
    print(
      `${name.padEnd(46)}${cells(median.toFixed(1), minimum.toFixed(1), index === 0 ? "" : (median - base).toFixed(1))}`,
    );
  }
}

function cells(...texts: readonly string[]): string {
  return texts.map((text) => text.padStart(9)).join("");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
