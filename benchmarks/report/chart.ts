/** Draws the charts of the docs: a panel for each scenario, and a bar for each contestant; shorter is better. */
import { chartStyle, classOf } from "./chart-style.ts";
import type { ScenarioResult } from "./result.ts";
import { summarise } from "./summary.ts";
import { showNumber, titleOf } from "./table.ts";

/** The sizes of a chart, in pixels. */
const WIDTH = 480;
const LABELS = 164;
const VALUES = 60;
const MARGIN = 12;
const ROW = 20;
const BAR = 14;
const CAPTION = 34;
const PANEL_HEAD = 44;
const PANEL_GAP = 14;

/** A panel of a chart. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly bars: readonly Bar[];
}

/** A contestant's bar. */
export interface Bar {
  /** The contestant, which has a colour of its own. */
  readonly name: string;
  readonly title: string;
  readonly value: number;
  readonly isSubject: boolean;
}

/** The panel of a scenario: the medians of its first metric. Contestants without a figure are left out. */
export function panelOf(result: ScenarioResult, subject: string): Panel {
  const { compared, rows } = summarise(result, subject);
  const bars = rows.flatMap(({ name, title, figures }) => {
    const median = figures[compared.name]?.median;
    return median === undefined ? [] : [{ name, title, value: median, isSubject: name === subject }];
  });
  return { title: result.title, unit: titleOf(compared), digits: compared.digits, bars };
}

/** The height of a chart, in pixels. */
export function heightOf(panels: readonly Panel[]): number {
  return panels.reduce((sum, { bars }) => sum + PANEL_HEAD + bars.length * ROW + PANEL_GAP, CAPTION);
}

/**
 * The chart as SVG text. It is narrow, so that its text is legible on a phone, and has its own background, so that it is
 * legible on pages of all colours.
 */
export function drawChart(panels: readonly Panel[], caption: string): string {
  const height = heightOf(panels);
  let top = CAPTION;
  const parts = panels.map((panel) => {
    const text = drawPanel(panel, top);
    top += PANEL_HEAD + panel.bars.length * ROW + PANEL_GAP;
    return text;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="14" role="img">`,
    `<title>${escapeText(caption)}</title>`,
    chartStyle(panels.flatMap(({ bars }) => bars.map(({ name }) => name))),
    `<rect width="${WIDTH}" height="${height}" rx="8" class="paper"/>`,
    `<text x="${MARGIN}" y="24" class="caption">${escapeText(caption)}</text>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, unit, digits, bars }: Panel, top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const space = WIDTH - LABELS - VALUES - MARGIN;
  const head = `<text x="${MARGIN}" y="${top + 18}" font-weight="600">${escapeText(title)}</text><text x="${MARGIN}" y="${top + 35}" font-size="13" class="caption">${escapeText(unit)}; less is better</text>`;
  const rows = bars.map(({ name, title, value, isSubject }, index) => {
    const y = top + PANEL_HEAD + index * ROW;
    const width = Math.max(1, (value / longest) * space).toFixed(1);
    const weight = isSubject ? ' font-weight="600"' : "";
    return [
      `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end"${weight}>${escapeText(title)}</text>`,
      `<rect x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2" class="${classOf(name)}"/>`,
      `<text x="${(LABELS + Number(width) + 6).toFixed(1)}" y="${y + 12}"${weight}>${showNumber(value, digits)}</text>`,
    ].join("");
  });
  return [head, ...rows].join("\n");
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
