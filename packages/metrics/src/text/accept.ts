/** Chooses a text format by the field `Accept` (RFC 9110 section 12.5.1). */
import { type Format, OPEN_METRICS, TEXT } from "./exposition.ts";

const WEIGHT = /;\s*q\s*=\s*([\d.]+)/i;

/** Returns OpenMetrics for a client that asks for it and does not prefer text. Text is the format that each tool reads. */
export function chooseFormat(accept: string | undefined): Format {
  if (accept === undefined) return TEXT;
  let open = 0;
  let text = 0;
  for (const range of accept.split(",")) {
    const [type = ""] = range.split(";");
    const weight = Number(WEIGHT.exec(range)?.[1] ?? 1);
    const name = type.trim().toLowerCase();
    if (name === "application/openmetrics-text") open = Math.max(open, weight);
    else if (name === "text/plain") text = Math.max(text, weight);
  }
  return open > 0 && open >= text ? OPEN_METRICS : TEXT;
}
