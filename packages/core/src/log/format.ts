/** Turns a log call into one line. Data from outside is escaped, so that it cannot forge a line of the log. */
import { isError } from "../errors/narrow.ts";
import { cut, describeError, escapeUnsafe, toJsonText, traceOf } from "./describe.ts";

/** How log lines look, and which process writes them. */
export interface LineForm {
  /** Whether lines are JSON instead of text. */
  readonly json: boolean;
  /** Whether a terminal shows the lines. On a terminal, the stack of an error takes lines of its own. */
  readonly terminal: boolean;
  readonly color: boolean;
  readonly role: "single" | "primary" | "worker";
  readonly workerId: number;
  /** The generation of the worker, from 1; each reload of the program starts workers of the next generation. */
  readonly generation: number;
}

/** Makes one log line, with its line feed. Never throws, even when reading a field throws. */
export type FormatLine = (level: Level, fields: object, message: string) => string;

type Level = "debug" | "info" | "warn" | "error";

/** The largest number of fields in one line. */
const FIELD_LIMIT = 50;

/** Matches text that needs no quotes in a text line, and no escapes in a JSON line. */
const BARE = /^[\w.:/@%+,-]{1,200}$/;

const COLORS = { debug: 90, info: 36, warn: 33, error: 31 };
const GREY = 90;

/** Makes the function that formats lines of one form. */
export function createFormatter(form: LineForm): FormatLine {
  const format = form.json ? jsonFormat(form) : textFormat(form);
  return function formatLine(level, fields, message) {
    const text = typeof message === "string" ? cut(message) : "";
    try {
      return format(level, toFields(fields), text);
    } catch {
      return format(level, { fields: "[unreadable]" }, text); // a getter or a proxy has thrown
    }
  };
}

function toFields(fields: unknown): object {
  if (isError(fields)) return { err: fields }; // pino accepts an error in the place of the fields
  return typeof fields === "object" && fields !== null ? fields : {};
}

/** Calls `add` with each own field that has a value. A loop without lists of pairs halves the cost of a line. */
function eachField(fields: object, add: (name: string, value: unknown) => void): void {
  let count = 0;
  for (const name of Object.keys(fields)) {
    const value: unknown = Reflect.get(fields, name);
    if (value === undefined) continue;
    if (++count > FIELD_LIMIT) return;
    add(name, value);
  }
}

let lastTime = 0;
let lastText = "";

/** The time as ISO 8601 text, made once in a millisecond. */
function timestamp(): string {
  const now = Date.now();
  if (now !== lastTime) {
    lastTime = now;
    lastText = new Date(now).toISOString();
  }
  return lastText;
}

function jsonFormat(form: LineForm): FormatLine {
  const { role, workerId, generation } = form;
  const own = [`"pid":${process.pid}`];
  if (role !== "single") own.push(`"role":"${role}"`);
  if (role === "worker") own.push(`"worker":${workerId}`, `"generation":${generation}`);
  const origin = own.join(",");
  return function formatJson(level, fields, message) {
    let line = `{"time":"${timestamp()}","level":"${level}",${origin},"message":${toJsonText(message)}`;
    eachField(fields, (name, value) => {
      line += `,${quote(uniqueName(name, role))}:${quote(value)}`;
    });
    return `${line}}\n`;
  };
}

/** The same as `toJsonText()`, in a quarter of the time for plain text. */
function quote(value: unknown): string {
  return typeof value === "string" && BARE.test(value) ? `"${value}"` : toJsonText(value);
}

/**
 * Field names that Packetron itself sets in each line of a process. Lines of the primary about a worker may use
 * `worker` and `generation` for that worker.
 */
const OWN_NAMES: Readonly<Record<LineForm["role"], RegExp>> = {
  single: /^(?:time|level|pid|message)$/,
  primary: /^(?:time|level|pid|role|message)$/,
  worker: /^(?:time|level|pid|role|worker|generation|message)$/,
};

/**
 * Adds `_` to a field name that Packetron itself sets in the line: of two equal names, readers of JSON keep an
 * arbitrary one.
 */
function uniqueName(name: string, role: LineForm["role"]): string {
  return OWN_NAMES[role].test(name) ? `${name}_` : name;
}

function textFormat(form: LineForm): FormatLine {
  const { role, terminal } = form;
  const paint = form.color ? inColor : plain;
  const label =
    role === "single" ? "" : `${paint(GREY, role === "primary" ? "[primary]" : `[${workerLabel(form)}]`)} `;
  const levels = {
    debug: paint(COLORS.debug, "DEBUG"),
    info: paint(COLORS.info, "INFO "),
    warn: paint(COLORS.warn, "WARN "),
    error: paint(COLORS.error, "ERROR"),
  };
  return function formatText(level, fields, message) {
    let line = `${paint(GREY, timestamp())} ${levels[level]} ${label}${escapeUnsafe(message)}`;
    let below = "";
    eachField(fields, (name, value) => {
      const shown = BARE.test(name) ? name : escapeUnsafe(cut(name));
      line += ` ${paint(GREY, `${shown}=`)}${describeValue(value, terminal)}`;
      if (terminal && isError(value)) for (const trace of traceOf(value)) below += `\n${escapeUnsafe(trace)}`;
    });
    return `${line}${below}\n`;
  };
}

/**
 * Returns the name of a worker for log lines. The generation is shown only after a reload, because most programs never
 * reload.
 */
function workerLabel({ workerId, generation }: LineForm): string {
  return generation === 1 ? `worker ${workerId}` : `worker ${workerId}, generation ${generation}`;
}

function describeValue(value: unknown, terminal: boolean): string {
  if (isError(value)) {
    const lines = terminal ? [describeError(value)] : [describeError(value), ...traceOf(value)];
    return escapeUnsafe(JSON.stringify(lines.join("\n")));
  }
  return typeof value === "string" && BARE.test(value) ? value : toJsonText(value);
}

function inColor(color: number, text: string): string {
  return `\u001b[${color}m${text}\u001b[39m`;
}

function plain(_color: number, text: string): string {
  return text;
}
