/** Draws the chart of the docs: a panel for each scenario, and a bar for each contestant; shorter is better. */
import type { ScenarioResult } from "./result.ts";
import { summarise } from "./summary.ts";

/** The sizes of the chart, in pixels. */
const WIDTH = 860;
const LABELS = 215;
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

/** The panel of a scenario: the medians of its first metric. Contestants without a figure are left out. */
export function panelOf(result: ScenarioResult, subject: string): Panel {
  const { compared, rows } = summarise(result, subject);
  const bars = rows.flatMap(({ name, title, figures }) => {
    const median = figures[compared.name]?.median;
    return median === undefined ? [] : [{ title, value: median, isSubject: name.startsWith(subject) }];
  });
  return { title: result.title, unit: `${compared.title}, ${compared.unit}`, digits: compared.digits, bars };
}

/** The chart as SVG text. It has its own background, so that it is legible on dark pages. */
export function drawChart(panels: readonly Panel[], caption: string): string {
  const parts: string[] = [];
  let top = 34;
  for (const panel of panels) {
    parts.push(drawPanel(panel, top));
    top += PANEL_HEAD + panel.bars.length * ROW + PANEL_GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>${escapeText(caption)}</title>`,
    `<rect width="${WIDTH}" height="${top}" fill="#ffffff"/>`,
    `<text x="16" y="22" fill="#555555">${escapeText(caption)}</text>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, unit, digits, bars }: Panel, top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const head = [
    `<text x="16" y="${top + 18}" font-weight="600" fill="#111111">${escapeText(title)}</text>`,
    `<text x="16" y="${top + 34}" fill="#555555">${escapeText(unit)}; less is better</text>`,
  ];
  const rows = bars.map(({ title, value, isSubject }, index) => {
    const y = top + PANEL_HEAD + index * ROW;
    const width = Math.max(1, (value / longest) * (WIDTH - LABELS - VALUES - 16)).toFixed(1);
    const weight = isSubject ? ' font-weight="600"' : "";
    return [
      `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end"${weight} fill="#111111">${escapeText(title)}</text>`,
      `<rect x="${LABELS}" y="${y}" width="${width}" height="${ROW - 5}" fill="${isSubject ? "#0b7285" : "#adb5bd"}"/>`,
      `<text x="${(LABELS + Number(width) + 6).toFixed(1)}" y="${y + 12}"${weight} fill="#111111">${value.toFixed(digits)}</text>`,
    ].join("");
  });
  return [...head, ...rows].join("\n");
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
