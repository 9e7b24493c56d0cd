/** A terminal for tests that keeps its output in memory. */
import { painter, type Terminal } from "../src/terminal.ts";

/** A terminal and the text written to it. */
export interface Written {
  readonly terminal: Terminal;
  out(): string;
  err(): string;
}

/** Makes a terminal, by default without colours and not live. */
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
