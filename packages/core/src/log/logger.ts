/** Log lines: pino-compatible calls, one line each to stderr by default. */
import { createFormatter } from "./format.ts";
import { type LineSink, stderrSink } from "./sink.ts";

export { createLogLimiter, type LogLimiter } from "./limiter.ts";

/** Where log lines go; pino's call convention, so a pino logger can be given as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /**
   * Prints nothing at all.
   * @default false
   */
  readonly silent?: boolean;
  /**
   * Which process speaks; the primary and the workers say so in each line.
   * @default "single"
   */
  readonly role?: "single" | "primary" | "worker";
  /**
   * The worker's number, from 1.
   * @default 0
   */
  readonly workerId?: number;
  /**
   * The worker's generation, from 1: a reload makes the next.
   * @default 1
   */
  readonly generation?: number;
  /**
   * Where the lines go.
   * @default this process's stderr
   */
  readonly sink?: LineSink;
  /**
   * JSON lines instead of text.
   * @default false
   */
  readonly json?: boolean;
  /**
   * The lowest level that is printed.
   * @default "info"
   */
  readonly level?: LogLevel;
  /**
   * Whether lines have colours where a terminal shows them.
   * @default true
   */
  readonly color?: boolean;
}

/** The levels of {@link Logger}, and the one above them all. */
export type LogLevel = keyof Logger | "silent";

const WEIGHTS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50, silent: 100 };

/**
 * Makes the built-in logger: one line and one write for each call, to stderr, never to stdout. It never throws and
 * never blocks: what a full pipe does not take waits in a bounded queue, what the queue does not take is counted and
 * told, and what waits at the end of the process is written before it ends (200 ms at most).
 *
 * Colours, and stacks over several lines, appear on a terminal only.
 *
 * @example
 * const log = createLogger({ role: "worker", workerId: 2 });
 * log.warn({ port: 3000 }, "Port is in use"); // 2026-01-31T12:00:00.000Z WARN  [worker 2] Port is in use port=3000
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { silent = false, role = "single", workerId = 0, generation = 1 } = options;
  if (silent) return { debug: nothing, info: nothing, warn: nothing, error: nothing };

  const sink = options.sink ?? stderrSink(describeDropped);
  const threshold = WEIGHTS[options.level ?? "info"];
  const format = createFormatter({
    json: options.json === true,
    terminal: sink.isTTY,
    color: sink.isTTY && options.color !== false,
    role,
    workerId,
    generation,
  });

  function at(level: keyof Logger): Logger[keyof Logger] {
    if (WEIGHTS[level] < threshold) return nothing;
    return function writeLine(fields, message) {
      sink.write(format(level, fields, message));
    };
  }

  function describeDropped(count: number): string {
    return format("warn", { count }, "Log lines were left out because nobody read stderr");
  }

  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Whether something has what a server needs to log. */
export function isLogger(value: unknown): value is Logger {
  return (
    typeof value === "object" &&
    value !== null &&
    ["debug", "info", "warn", "error"].every((level) => typeof Reflect.get(value, level) === "function")
  );
}

function nothing(): void {}
