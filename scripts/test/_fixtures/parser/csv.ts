/** A third-party body parser: rows of comma-separated values, all with the same length. */
import type { Capability } from "@packetron/core";

export const CSV_BODY: number = 1 << 22;

export function bodyCsv(): Capability {
  return {
    name: "packetron-body-csv",
    install(host) {
      host.bodyParser({
        flag: CSV_BODY,
        name: "CSV_BODY",
        mediaTypes: ["text/csv"],
        form: "text",
        parse: parseRows,
      });
    },
  };
}

function parseRows(text: string): string[][] {
  const rows = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  const width = rows[0]?.length;
  if (rows.some((row) => row.length !== width)) throw new Error("The rows have different lengths.");
  return rows;
}
