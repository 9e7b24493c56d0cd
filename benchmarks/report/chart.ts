/** Draws the chart of the docs: a panel for each scenario, and a bar for each contestant; shorter is better. */
import type { ScenarioResult } from "./result.ts";
import { summarise } from "./summary.ts";

/** The sizes of the chart, in pixels. */
const WIDE = { width: 860, labels: 215 };
const VALUES = 90;
const ROW = 20;
const PANEL_HEAD = 46;
const PANEL_GAP = 26;

/** A panel of the chart. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly bars: readonly { readonly title: string; readonly value: number; readonly isSubject: boolean }[];
}

/** The width of a chart, and that of the names at its left, in pixels. */
export interface ChartSize {
  readonly width: number;
  readonly labels: number;
}

/** The panel of a scenario: the medians of its first metric. Contestants without a figure are left out. */
export function panelOf(result: ScenarioResult, subject: string): Panel {
  const { compared, rows } = summarise(result, subject);
  const bars = rows.flatMap(({ name, title, figures }) => {
    const median = figures[compared.name]?.median;
    return median === undefined ? [] : [{ title, value: median, isSubject: name.startsWith(subject) }];
  });
  return { title: result.title, unit: `${compared.title}, ${compared.unit}`, digits: compared.digits, bars };
}

/** The colours, on light and dark pages. A picture on a page learns the scheme of the page. */
const STYLE = `<style>
  text { fill: #111111 } .caption { fill: #555555 } .paper { fill: #ffffff } .subject { fill: #0b7285 } .peer { fill: #adb5bd }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .caption { fill: #9198a1 } .paper { fill: #0d1117 } .subject { fill: #22b8cf } .peer { fill: #59636e }
  }
</style>`;

/** The chart as SVG text. On a phone, the text of a narrow one is larger. It has its own background, so that it is legible on pages of all colours. */
export function drawChart(panels: readonly Panel[], caption: string, size: ChartSize = WIDE): string {
  const parts: string[] = [];
  let top = 34;
  for (const panel of panels) {
    parts.push(drawPanel(panel, top, size));
    top += PANEL_HEAD + panel.bars.length * ROW + PANEL_GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${top}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>${escapeText(caption)}</title>`,
    STYLE,
    `<rect width="${size.width}" height="${top}" class="paper"/>`,
    `<text x="16" y="22" class="caption">${escapeText(caption)}</text>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, unit, digits, bars }: Panel, top: number, size: ChartSize): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const head = [
    `<text x="16" y="${top + 18}" font-weight="600">${escapeText(title)}</text>`,
    `<text x="16" y="${top + 34}" class="caption">${escapeText(unit)}; less is better</text>`,
  ];
  const rows = bars.map(({ title, value, isSubject }, index) => {
    const y = top + PANEL_HEAD + index * ROW;
    const width = Math.max(1, (value / longest) * (size.width - size.labels - VALUES - 16)).toFixed(1);
    const weight = isSubject ? ' font-weight="600"' : "";
    return [
      `<text x="${size.labels - 8}" y="${y + 12}" text-anchor="end"${weight}>${escapeText(title)}</text>`,
      `<rect x="${size.labels}" y="${y}" width="${width}" height="${ROW - 5}" class="${isSubject ? "subject" : "peer"}"/>`,
      `<text x="${(size.labels + Number(width) + 6).toFixed(1)}" y="${y + 12}"${weight}>${value.toFixed(digits)}</text>`,
    ].join("");
  });
  return [...head, ...rows].join("\n");
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
