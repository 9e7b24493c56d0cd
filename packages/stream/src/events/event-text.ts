/** The text of an event, by the HTML standard: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { showValue } from "@packetron/core/capability";
import { streamError } from "../errors.ts";
import { reasonOf } from "../pieces.ts";

/** An event of `response.sendEvents()`. */
export interface ServerSentEvent {
  /**
   * The id, which a client sends as `Last-Event-ID` when it connects again; see `request.lastEventId`. Without line breaks
   * and NUL.
   */
  id?: string | number | bigint | undefined;
  /**
   * The name for which a page listens with `addEventListener()`. Without line breaks.
   * @default "message"
   */
  event?: string | undefined;
  /**
   * The data. A string is sent as it is, and its line breaks arrive as `\n`; any other value is sent as JSON. Clients drop
   * an event that has an `id` or `retry` alone, and keep these.
   */
  data?: unknown;
  /** How long the client waits before it connects again, in milliseconds. */
  retry?: number | undefined;
}

const FIELDS: ReadonlySet<string> = new Set(["id", "event", "data", "retry"]);

/** Makes the text of an event. @throws PKT_STREAM_EVENT */
export function eventText(event: unknown): string {
  if (typeof event !== "object" || event === null)
    throw eventError(`it is ${showValue(event)}, expected an object such as { data: "text" }`);
  for (const field in event)
    if (!FIELDS.has(field)) throw eventError(`it has the field ${showValue(field)}, known are ${known()}`);
  const { id, event: name, data, retry }: { [Field in keyof ServerSentEvent]?: unknown } = event;
  let text = id === undefined ? "" : `id: ${toId(id)}\n`;
  if (name !== undefined) text += `event: ${toName(name)}\n`;
  if (retry !== undefined) text += `retry: ${toDelay(retry)}\n`;
  if (data !== undefined) text += dataLines(typeof data === "string" ? data : toJson(data));
  else if (name !== undefined) text += "data: \n"; // clients drop an event with a name and no data
  if (text === "") throw eventError(`it has none of the fields ${known()}`);
  return `${text}\n`;
}

function toId(id: unknown): string {
  const isNumber = typeof id === "number" || typeof id === "bigint";
  if (!isNumber && typeof id !== "string") throw eventError(`its id is ${showValue(id)}, expected a text`);
  const text = String(id); // clients ignore an id with NUL, and so would lose it
  if (/[\r\n\0]/.test(text))
    throw eventError(`its id is ${showValue(id)}, expected a text without line breaks and NUL`);
  return text;
}

/** Attack: a line break in a name that a client has chosen would begin fields, and events, of its own. */
function toName(name: unknown): string {
  if (typeof name !== "string" || /[\r\n]/.test(name))
    throw eventError(`its field event is ${showValue(name)}, expected a text without line breaks`);
  return name;
}

function toDelay(retry: unknown): number {
  if (typeof retry !== "number" || !Number.isSafeInteger(retry) || retry < 0)
    throw eventError(`its retry is ${showValue(retry)}, expected an integer number of milliseconds`);
  return retry;
}

function toJson(data: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch (error) {
    throw eventError(`its data cannot be sent as JSON: ${reasonOf(error)}`, error);
  }
  if (json === undefined) throw eventError(`its data is ${showValue(data)}, which JSON does not have`);
  return json;
}

function dataLines(data: string): string {
  return `data: ${/[\r\n]/.test(data) ? data.replaceAll(/\r\n|\r|\n/g, "\ndata: ") : data}\n`;
}

function known(): string {
  return [...FIELDS].join(", ");
}

function eventError(reason: string, cause?: unknown): Error {
  return streamError("PKT_STREAM_EVENT", { reason }, cause);
}
