import { expect, test } from "vitest";
import { frontPanel, frontTable, replaceTable } from "../../report/front.ts";
import { makeResult } from "./_results.ts";

const RESULT = makeResult({ koa: [50], fastify: [20], packetron: [10], bun: [null] });

test("the picture has the contestants of the front page alone, under their names there", () => {
  const [panel] = frontPanel([RESULT]);
  expect(panel?.bars.map(({ title }) => title)).toEqual(["Fastify", "Packetron"]);
});

test("the picture is empty without a result of its scenario", () => {
  expect(frontPanel([])).toEqual([]);
});

test("a row has the medians in the order of the columns, and a dash for each contestant without a figure", () => {
  expect(frontTable([RESULT])).toBe(
    "| [GET, small JSON](benchmarks/README.md#get-small-json): CPU per request, µs | 10.0 | 20.0 | – | – | – | – |",
  );
});

test("new rows replace the measured rows of the page, and no others", () => {
  const page =
    "| | Packetron |\n|---|---:|\n| [a](benchmarks/README.md#a): b | 1 |\n| [c](benchmarks/README.md#c) | 2 |\n| d | [yes](x.md) |\n";
  expect(replaceTable(page, "| new $1 |")).toBe(
    "| | Packetron |\n|---|---:|\n| new $1 |\n| d | [yes](x.md) |\n",
  );
});
