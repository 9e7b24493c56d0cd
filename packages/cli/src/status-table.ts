/** Formats the status of the workers as a table of text. */
import type { ApplicationStatus, SharedStatus, WorkerStatus } from "@packetron/core/control";
import { formatAddress } from "./format-address.ts";
import { type Alignment, printable, toColumns } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** How to format the table: the current time, and the previous status, from which rates per second are computed. */
export interface StatusView {
  /** The current time, in milliseconds since 1970. */
  readonly now: number;
  /** The previous status and its time; without it, rates are averages since the start of the worker. */
  readonly before?: { readonly status: ApplicationStatus; readonly at: number } | undefined;
  readonly paint: Terminal["paint"];
  /**
   * Greatest number of characters in a line; longer lines are cut.
   * @default no limit
   */
  readonly columns?: number;
}

const HEAD = [
  "worker",
  "pid",
  "gen",
  "state",
  "up",
  "cpu",
  "memory",
  "delay",
  "conns",
  "requests",
  "req/s",
  "busy",
  "restarts",
];

const ALIGNMENTS: readonly Alignment[] = HEAD.map((title) => (title === "state" ? "left" : "right"));

/** The lines of the table: the application, the headings, then one line for each worker, and for shared services. */
export function statusLines(status: ApplicationStatus, view: StatusView): string[] {
  const { node, pid, generation, addresses, workers, startedAt } = status;
  const { paint, columns = Number.POSITIVE_INFINITY } = view;
  const name = printable(status.name);
  const places = addresses.map(formatAddress);
  const facts = [
    `pid ${pid}`,
    `generation ${generation}`,
    `up ${formatDuration(view.now - startedAt)}`,
    node,
  ];
  const rows = toColumns([HEAD, ...workers.map((worker) => toCells(worker, view))], ALIGNMENTS);
  const table = [[name, ...places, ...facts].join("  "), ...rows, ...(status.shared ?? []).map(toSharedLine)];
  const lines = table.map((line) => printable(line).slice(0, columns));
  return lines.map((line, index) => {
    if (index === 0) return line.replace(name, () => paint("strong", name));
    if (index === 1) return paint("faint", line);
    const state = workers[index - 2]?.state;
    if (state === undefined) return line;
    return line.replace(` ${state} `, () => ` ${paint(state === "ready" ? "good" : "bad", state)} `);
  });
}

function toCells(worker: WorkerStatus, { now, before }: StatusView): string[] {
  const earlier = before?.status.workers.find(({ pid }) => pid === worker.pid);
  const since = before !== undefined && earlier !== undefined ? before.at : worker.startedAt;
  const elapsed = Math.max(1, now - since);
  return [
    worker.id === 0 ? "–" : String(worker.id),
    String(worker.pid),
    String(worker.generation),
    worker.state,
    formatDuration(now - worker.startedAt),
    `${Math.round((worker.cpu - (earlier?.cpu ?? 0)) / 10 / elapsed)} %`,
    `${(worker.rss / 1024 / 1024).toFixed(0)} MiB`,
    `${worker.eventLoopDelay.toFixed(0)} ms`,
    worker.upgraded ? `${worker.connections} (${worker.upgraded} upgraded)` : String(worker.connections),
    String(worker.requests),
    ((worker.requests - (earlier?.requests ?? 0)) / (elapsed / 1_000)).toFixed(0),
    String(worker.inFlight),
    String(worker.restarts),
  ];
}

/** One line about what the processes of a server share. */
function toSharedLine({ by, state, figures }: SharedStatus): string {
  const facts = ["shared", `${by} ${state}`];
  if (figures) {
    const { granted, refused, locks, values, bytes } = figures;
    facts.push(`leases ${granted} granted, ${refused} refused`, `locks ${locks} held`);
    facts.push(`values ${values}, ${Math.ceil(bytes / 1024)} KiB`);
  }
  return facts.join("  ");
}

/** Formats a duration in milliseconds with its two largest units: `"3d 4h"`, `"12m 5s"`. */
export function formatDuration(duration: number): string {
  const seconds = Math.max(0, Math.floor(duration / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count}${unit}`).join(" ");
}
