/** All rows, by topic. */
import type { Row } from "../_row.ts";
import { failures } from "./failures.ts";
import { headers } from "./headers.ts";
import { listeners } from "./listeners.ts";
import { methods } from "./methods.ts";
import { patches } from "./patches.ts";
import { refusals } from "./refusals.ts";
import { requests } from "./requests.ts";
import { senders } from "./senders.ts";
import { timing } from "./timing.ts";
import { wire } from "./wire.ts";

export const tables: readonly (readonly [name: string, rows: readonly Row[]])[] = [
  ["methods of the response", methods],
  ["senders", senders],
  ["headers", headers],
  ["patches", patches],
  ["listeners", listeners],
  ["the request and its body", requests],
  ["time", timing],
  ["failures and misses", failures],
  ["refusals", refusals],
  ["the wire", wire],
];
