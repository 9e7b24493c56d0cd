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

type Fields = readonly (readonly [name: string, value: unknown])[];

/** The largest number of fields in one line. */
const FIELD_LIMIT = 50;

const COLORS = { debug: 90, info: 36, warn: 33, error: 31 };
const GREY = 90;

/** Makes the function that formats lines of one form. */
export function createFormatter(form: LineForm): FormatLine {
  const format = form.json ? formatJson : formatText;
  return function formatLine(level, fields, message) {
    const text = typeof message === "string" ? cut(message) : "";
    try {
      return format(form, level, readFields(fields), text);
    } catch {
      return format(form, level, [["fields", "[unreadable]"]], text); // a getter or a proxy has thrown
    }
  };
}

function readFields(fields: unknown): Fields {
  if (isError(fields)) return [["err", fields]]; // pino accepts an error in the place of the fields
  if (typeof fields !== "object" || fields === null) return [];
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .slice(0, FIELD_LIMIT);
}

function formatJson(form: LineForm, level: Level, fields: Fields, message: string): string {
  const parts = [`"time":"${new Date().toISOString()}"`, `"level":"${level}"`, `"pid":${process.pid}`];
  if (form.role !== "single") parts.push(`"role":"${form.role}"`);
  if (form.role === "worker") parts.push(`"worker":${form.workerId}`, `"generation":${form.generation}`);
  parts.push(`"message":${toJsonText(message)}`);
  for (const [name, value] of fields)
    parts.push(`${toJsonText(uniqueName(name, form.role))}:${toJsonText(value)}`);
  return `{${parts.join(",")}}\n`;
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

function formatText(form: LineForm, level: Level, fields: Fields, message: string): string {
  const paint = form.color ? inColor : plain;
  const parts = [paint(GREY, new Date().toISOString()), paint(COLORS[level], level.toUpperCase().padEnd(5))];
  if (form.role === "primary") parts.push(paint(GREY, "[primary]"));
  if (form.role === "worker") parts.push(paint(GREY, `[${workerLabel(form)}]`));
  parts.push(escapeUnsafe(message));
  const below: string[] = [];
  for (const [name, value] of fields) {
    parts.push(`${paint(GREY, `${escapeUnsafe(cut(name))}=`)}${describeValue(value, form.terminal)}`);
    if (form.terminal && isError(value)) below.push(...traceOf(value).map(escapeUnsafe));
  }
  return `${[parts.join(" "), ...below].join("\n")}\n`;
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
  const bare = typeof value === "string" && /^[\w.:/@%+,-]{1,200}$/.test(value);
  return bare ? value : toJsonText(value);
}

function inColor(color: number, text: string): string {
  return `\u001b[${color}m${text}\u001b[39m`;
}

function plain(_color: number, text: string): string {
  return text;
}
