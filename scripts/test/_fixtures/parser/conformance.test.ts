import { test } from "node:test";
import { bodyParserConformance } from "@packetron/core/testing";
import { bodyCsv, CSV_BODY } from "./csv.ts";

const suite = bodyParserConformance({
  create: bodyCsv,
  flag: CSV_BODY,
  valid: [
    {
      name: "two rows",
      mediaType: "text/csv",
      body: "a,b\r\nc,d\r\n",
      value: [
        ["a", "b"],
        ["c", "d"],
      ],
    },
    { name: "one cell", mediaType: "text/csv", body: "é", value: [["é"]] },
  ],
  invalid: [{ name: "rows of different lengths", mediaType: "text/csv", body: "a,b\nc" }],
});

for (const { name, run } of suite) test(name, run);
