/** Where commands write: to the streams of the process or, in a test, to memory. */

/** The output of a command. */
export interface Terminal {
  /** Writes results to stdout. */
  write(text: string): void;
  /** Writes errors and progress to stderr. */
  warn(text: string): void;
  /** Whether stdout is a terminal on which results can be redrawn. */
  readonly live: boolean;
  /** The width of a line of stdout, in characters. */
  readonly columns: number;
  /** Colours a text for {@link Terminal.write}. */
  paint(color: Color, text: string): string;
  /** Colours a text for {@link Terminal.warn}. */
  paintWarning(color: Color, text: string): string;
}

/** The colours in use, named by their meaning. */
export type Color = "good" | "bad" | "faint" | "strong";

const CODES: Readonly<Record<Color, readonly [on: number, off: number]>> = {
  good: [32, 39],
  bad: [31, 39],
  faint: [90, 39],
  strong: [1, 22],
};

/** The terminal of this process. Colours appear on a terminal only; `NO_COLOR` turns them off (no-color.org). */
export function ownTerminal(): Terminal {
  const { stdout, stderr } = process;
  const wanted = (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb";
  return {
    write: (text) => void stdout.write(text),
    warn: (text) => void stderr.write(text),
    live: stdout.isTTY === true && process.env["TERM"] !== "dumb",
    get columns() {
      return stdout.columns || 80; // some pseudo-terminals report 0
    },
    paint: painter(wanted && stdout.isTTY === true),
    paintWarning: painter(wanted && stderr.isTTY === true),
  };
}

/** Makes a function that colours a text, or returns it unchanged. */
export function painter(colored: boolean): Terminal["paint"] {
  if (!colored) return (_color, text) => text;
  return (color, text) => {
    const [on, off] = CODES[color];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
