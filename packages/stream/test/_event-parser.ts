/**
 * A parser of event streams, written from the algorithm of the HTML standard (section 9.2.6), so that it shares no code with
 * the package.
 */

/** An event as a page gets it. */
export interface ParsedEvent {
  readonly type: string;
  readonly data: string;
  /** The id of the last event that had one. */
  readonly lastEventId: string;
}

/** All that a client takes from a stream. */
export interface ParsedStream {
  readonly events: readonly ParsedEvent[];
  /** The id that the client sends when it connects again. */
  readonly lastEventId: string;
  /** The delay before that, in milliseconds; `null` unless the stream has one. */
  readonly retry: number | null;
}

/** Parses a whole stream. An event without the empty line at its end is dropped, as the standard says. */
export function parseEvents(stream: string): ParsedStream {
  const events: ParsedEvent[] = [];
  let data = "";
  let type = "";
  let lastEventId = "";
  let retry: number | null = null;
  const text = stream.startsWith("\uFEFF") ? stream.slice(1) : stream;
  const lines = text.split(/\r\n|\n|\r/);
  lines.pop(); // what follows the last line break is not a line
  for (const line of lines) {
    if (line === "") {
      if (data !== "")
        events.push({ type: type === "" ? "message" : type, data: data.slice(0, -1), lastEventId });
      data = "";
      type = "";
      continue;
    }
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon === -1 ? line : line.slice(0, colon);
    const rest = colon === -1 ? "" : line.slice(colon + 1);
    const value = rest.startsWith(" ") ? rest.slice(1) : rest;
    if (field === "event") type = value;
    else if (field === "data") data += `${value}\n`;
    else if (field === "id" && !value.includes("\0")) lastEventId = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) retry = Number(value);
  }
  return { events, lastEventId, retry };
}
