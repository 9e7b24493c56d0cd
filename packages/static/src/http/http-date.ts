/** Parses dates in the three formats of HTTP (RFC 9110 section 5.6.7). `Date.parse` would accept many other formats. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const FORMATS: readonly RegExp[] = [
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(String.raw`^\w{3}, (?<day>\d\d) (?<month>\w{3}) (?<year>\d{4}) ${TIME} GMT$`),
  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(String.raw`^\w{6,9}, (?<day>\d\d)-(?<month>\w{3})-(?<year>\d\d) ${TIME} GMT$`),
  // asctime: Sun Nov  6 08:49:37 1994
  new RegExp(String.raw`^\w{3} (?<month>\w{3}) (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`),
];

/** Returns the time of an HTTP date in milliseconds since 1970; `null` if the text is not an HTTP date. */
export function parseHttpDate(text: string): number | null {
  for (const format of FORMATS) {
    const parts = format.exec(text)?.groups;
    if (parts === undefined) continue;
    const month = MONTHS.indexOf(parts["month"] ?? "");
    const [day, hour, minute, second] = ["day", "hour", "minute", "second"].map((part) =>
      Number(parts[part]),
    );
    if (month === -1 || day === undefined || day < 1 || day > 31) return null;
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
    return Date.UTC(fullYear(parts["year"] ?? ""), month, day, hour, minute, second);
  }
  return null;
}

/**
 * Returns the full year for a year of two digits, in this century. If that is more than 50 years ahead, the year is in
 * the last century (RFC 9110 section 5.6.7). A year of four digits is returned as it is.
 */
function fullYear(digits: string): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date().getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
