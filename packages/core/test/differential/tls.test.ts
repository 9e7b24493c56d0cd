/** The rows about answers over TLS; in the long runs, all rows. */
import { describe, expect, test } from "vitest";
import * as kit from "../../../packetron/src/index.ts";
import { createCertificate } from "../_certificate.ts";
import { compareRow, directOf, standardOf } from "./_compare.ts";
import type { Row } from "./_row.ts";
import { tables } from "./_rows/index.ts";
import { shareSites } from "./_shared-sites.ts";

const tls = createCertificate();
const open = shareSites(kit, { tls });

const full = process.env["PACKETRON_TEST_FULL"] !== undefined;
const chosen = new Set([
  "patches",
  "failures and misses",
  ...(full ? ["methods of the response", "senders", "headers"] : []),
]);

describe.each(tables.filter(([name]) => chosen.has(name)))(
  "over TLS, both ways of dispatch give the same: %s",
  (_name, rows) => {
    test.each(rows.map((row) => [row.name, row] as const))("%s", async (_title, row) => {
      // Without listeners, because TLS does not affect them.
      const quiet: Row = { ...row, watches: ["never"] };
      const comparisons = await compareRow(quiet, open, true);
      expect(directOf(comparisons)).toEqual(standardOf(comparisons));
    });
  },
);
