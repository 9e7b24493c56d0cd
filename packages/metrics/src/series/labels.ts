/** Labels of series as text, in the form that both text formats have. */

/** The text of the series that collects what is over the limit of series. OpenTelemetry has this label for it. */
export const OVERFLOW = 'otel_metric_overflow="true"';

/** The longest label value, in UTF-16 units. Values may come from clients, and each is kept and sent in every scrape. */
const MAX_VALUE = 200;

const ESCAPED = /[\\"\n]/g;

/** Writes labels as text, such as `method="GET",route="/"`. A label with an empty value is the same as none. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  let text = "";
  for (const [index, name] of names.entries()) {
    const value = values[index];
    if (value === undefined || value === "") continue;
    text += `${text === "" ? "" : ","}${name}="${escapeValue(value)}"`;
  }
  return text;
}

function escapeValue(value: string): string {
  const short = value.length > MAX_VALUE ? value.slice(0, MAX_VALUE) : value;
  return short.toWellFormed().replace(ESCAPED, (found) => (found === "\n" ? "\\n" : `\\${found}`));
}
