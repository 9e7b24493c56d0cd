/** Reads how often the kernel has had no room in a queue of connections that wait to be accepted. */
import { readFileSync } from "node:fs";

/** The counters of the whole machine since its start. */
export interface ListenCounters {
  /** Packets that found the queue of a listening socket full. */
  readonly overflows: number;
  /** Packets of connections that the kernel dropped at a listening socket, for that or another reason. */
  readonly drops: number;
}

/** The counters; `null` where the system has none. */
export function readListenCounters(): ListenCounters | null {
  try {
    return parseListenCounters(readFileSync("/proc/net/netstat", "latin1"));
  } catch {
    return null; // not Linux
  }
}

/** Parses `/proc/net/netstat`: for each group a line of names, and a line of values in the same order. */
export function parseListenCounters(text: string): ListenCounters | null {
  const [names = [], values = []] = text
    .split("\n")
    .filter((line) => line.startsWith("TcpExt: "))
    .map((line) => line.split(" "));
  const find = (name: string): number => Number(values[names.indexOf(name)]);
  const counters = { overflows: find("ListenOverflows"), drops: find("ListenDrops") };
  return Object.values(counters).every(Number.isFinite) ? counters : null;
}
