/** A terminal in memory. */
import { painter, type Terminal } from "../src/terminal.ts";

/** What was written to it. */
export interface Written {
  readonly terminal: Terminal;
  out(): string;
  err(): string;
}

/** Makes one; without colours, and not live, unless told otherwise. */
export function makeTerminal(changes: Partial<Terminal> = {}): Written {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    write: (text) => {
      out += text;
    },
    warn: (text) => {
      err += text;
    },
    live: false,
    columns: 80,
    paint: painter(false),
    paintWarning: painter(false),
    ...changes,
  };
  return { terminal, out: () => out, err: () => err };
}
