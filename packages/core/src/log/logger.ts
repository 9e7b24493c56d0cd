/** Log lines: pino-compatible calls, one line each to stderr by default. */
import { isObject } from "../errors/narrow.ts";
import { createFormatter } from "./format.ts";
import { type LineSink, stderrSink } from "./sink.ts";

export { createLogLimiter } from "./limiter.ts";

/**
 * Receives log lines. The methods take the same arguments as the methods of a pino logger, so a pino logger can be
 * passed.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /**
   * Whether the logger prints nothing at all.
   * @default false
   */
  readonly silent?: boolean;
  /**
   * The role of this process. Each line of a primary or a worker shows it.
   * @default "single"
   */
  readonly role?: "single" | "primary" | "worker";
  /**
   * The worker's number, from 1.
   * @default 0
   */
  readonly workerId?: number;
  /**
   * The worker's generation, from 1; each reload of the program starts workers of the next generation.
   * @default 1
   */
  readonly generation?: number;
  /**
   * The object that writes the lines.
   * @default this process's stderr
   */
  readonly sink?: LineSink;
  /**
   * Whether lines are JSON instead of text.
   * @default false
   */
  readonly json?: boolean;
  /**
   * The lowest level that is printed.
   * @default "info"
   */
  readonly level?: LogLevel;
  /**
   * Whether lines have colours on a terminal.
   * @default true
   */
  readonly color?: boolean;
}

/** A level of {@link Logger} methods, or `"silent"`, at which no line is printed. */
export type LogLevel = keyof Logger | "silent";

const WEIGHTS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50, silent: 100 };

/**
 * Makes the built-in logger. Each call makes one line and one write, to stderr and never to stdout.
 *
 * The logger never throws and never blocks. Lines that a full pipe does not take wait in a bounded queue. When the queue is
 * full, the oldest lines are dropped, and a later line says how many. When the process exits, it first writes the waiting
 * lines, for 200 ms at most.
 *
 * Colours, and stacks over several lines, appear only on a terminal.
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
    return format("warn", { count }, "Log lines were left out because stderr was not read fast enough");
  }

  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Whether a value has the four methods that a server logs with. */
export function isLogger(value: unknown): value is Logger {
  return isObject(value) && missingLevels(value).length === 0;
}

/** The names of the methods of a logger that a value does not have. */
export function missingLevels(value: unknown): string[] {
  return ["debug", "info", "warn", "error"].filter(
    (level) => !isObject(value) || typeof Reflect.get(value, level) !== "function",
  );
}

function nothing(): void {}
