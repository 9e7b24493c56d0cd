import { expect, test } from "vitest";
import { invited } from "../../harness/field.ts";
import { drawChart, heightOf, panelOf } from "../../report/chart.ts";
import { PICTURE } from "../../report/write-pages.ts";
import { scenarios } from "../../scenarios/index.ts";
import { makeResult } from "./_results.ts";

const RESULT = makeResult({ packetron: [10], "a<b": [40], none: [null] });

test("a panel has the medians of contestants with figures, and marks Packetron's", () => {
  expect(panelOf(RESULT, "packetron")).toEqual({
    title: "GET, small JSON",
    unit: "CPU per request, µs",
    digits: 1,
    bars: [
      { name: "packetron", title: "Title of packetron", value: 10, isSubject: true },
      { name: "a<b", title: "Title of a<b", value: 40, isSubject: false },
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

test("the product alone has the product's colour, its standard dispatch another, and unknown contestants one for all", () => {
  const picture = drawChart(
    [panelOf(makeResult({ packetron: [1], "packetron-standard": [2], "a<b": [3] }), "packetron")],
    "caption",
  );
  const classes = [...picture.matchAll(/rx="2" class="([^"]+)"/g)].map(([, name]) => name);
  expect(classes).toEqual(["packetron", "packetron-standard", "other"]);
  const colours = [...picture.matchAll(/--(packetron|packetron-standard|other): (#\w+);/g)];
  expect(new Set(colours.map(([, , colour]) => colour)).size).toBe(6); // light and dark
});

test("the picture of the page is at most 600 pixels high with all usual contestants", () => {
  const panels = PICTURE.map((name) => {
    const scenario = scenarios.find((candidate) => candidate.name === name);
    const field = scenario === undefined ? [] : invited(scenario, { peers: [], all: false }, false);
    expect(field).not.toEqual([]);
    return panelOf(makeResult(Object.fromEntries(field.map(({ name }) => [name, [1]]))), "packetron");
  });
  expect(heightOf(panels)).toBeLessThanOrEqual(600);
  expect(drawChart(panels, "caption")).toContain(`height="${heightOf(panels)}"`);
});
