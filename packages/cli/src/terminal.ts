/** Where a command writes: to the process's own streams, or to the memory of a test. */

/** What commands know of the place that they write to. */
export interface Terminal {
  /** Writes results. */
  write(text: string): void;
  /** Writes what went wrong, and what happens meanwhile. */
  warn(text: string): void;
  /** Whether somebody looks at the results while they come. */
  readonly live: boolean;
  /** Characters in a line of the results. */
  readonly columns: number;
  /** Paints results. */
  paint(color: Color, text: string): string;
  /** Paints what goes to {@link Terminal.warn}. */
  paintWarning(color: Color, text: string): string;
}

/** The colours in use, by what they mean. */
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
      return stdout.columns || 80; // some pseudo-terminals say 0
    },
    paint: painter(wanted && stdout.isTTY === true),
    paintWarning: painter(wanted && stderr.isTTY === true),
  };
}

/** Makes a function that colours text, or leaves it alone. */
export function painter(colored: boolean): Terminal["paint"] {
  if (!colored) return (_color, text) => text;
  return (color, text) => {
    const [on, off] = CODES[color];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
