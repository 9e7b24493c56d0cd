/**
 * Shows a received value in an error message: `"abc"` (60 characters at most), `an object`, `NaN`. The content of an
 * object is not shown, because an object may hold a secret.
 *
 * @example
 * throw ticketError("PKT_TICKET_NAME", { received: showValue(name) });
 */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return `a function${value.name === "" ? "" : ` (${value.name})`}`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "bigint" ? `${value}n` : String(value);
}
