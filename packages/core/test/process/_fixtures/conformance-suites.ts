/** Runs both conformance suites under node:test, with the parser named in the environment. */
import { describe, test } from "node:test";
import { bodyParserConformance, capabilityConformance } from "../../../src/testing/index.ts";
import { setupOf, textParser } from "../../testing/_parsers.ts";

const create = () => (process.env.PARSER === "broken" ? textParser((text) => text) : textParser());

describe("body parser", () => {
  for (const { name, run } of bodyParserConformance(setupOf(create))) test(name, run);
});

describe("capability", () => {
  for (const { name, run } of capabilityConformance(create)) test(name, run);
});
