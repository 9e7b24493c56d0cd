import { expect, test } from "vitest";
import { drawChart, panelOf } from "../../report/chart.ts";
import { makeResult } from "./_results.ts";

const RESULT = makeResult({ packetron: [10], "a<b": [40], none: [null] });

test("a panel has the medians of contestants with figures, and marks Packetron's", () => {
  expect(panelOf(RESULT, "packetron")).toEqual({
    title: "GET, small JSON",
    unit: "CPU per request, µs",
    digits: 1,
    bars: [
      { title: "Title of packetron", value: 10, isSubject: true },
      { title: "Title of a<b", value: 40, isSubject: false },
    ],
  });
});

test("the longest bar fills the width, the others are in proportion", () => {
  const widths = [
    ...drawChart([panelOf(RESULT, "packetron")], "caption").matchAll(/<rect x="\d+" [^>]*width="([\d.]+)"/g),
  ];
  const [own, peer] = widths.map(([, width]) => Number(width));
  expect(peer).toBeGreaterThan(100);
  expect(own).toBeCloseTo((peer ?? 0) / 4, 0);
});

test("text is escaped in the picture", () => {
  const picture = drawChart([panelOf(RESULT, "packetron")], 'a & "b"');
  expect(picture).toContain("Title of a&#60;b");
  expect(picture).toContain("<title>a &#38; &#34;b&#34;</title>");
  expect(picture).not.toContain("a<b");
});

test("a panel without figures is drawn without bars", () => {
  expect(drawChart([panelOf(makeResult({}), "packetron")], "caption")).toContain("GET, small JSON");
});
