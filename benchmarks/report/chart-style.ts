/** The colours of the charts, on light and dark pages. A picture on a page learns the colour scheme of the page. */

/** The colours of each contestant: on light pages, and on dark ones. Only the product has the product's colour. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  packetron: ["#0b7285", "#22b8cf"],
  "packetron-standard": ["#8fa3b8", "#64788f"],
  "node-http": ["#74a063", "#6f9a5e"],
  fastify: ["#6e6a86", "#9a94b8"],
  express: ["#b3aca3", "#857f77"],
  hono: ["#d98a5b", "#cf8153"],
  bun: ["#cfb08f", "#b3967a"],
};

/** The colours of all other contestants. */
const OTHER: readonly [light: string, dark: string] = ["#adb5bd", "#59636e"];

/** The class of a contestant's bar. */
export function classOf(name: string): string {
  return Object.hasOwn(COLOURS, name) ? name : "other";
}

/** The style sheet: one variable for each colour, so that the dark page changes the variables only. */
export function chartStyle(names: readonly string[]): string {
  const classes = [...new Set(names.map(classOf))];
  const variables = (scheme: 0 | 1): string =>
    classes.map((name) => `--${name}: ${(COLOURS[name] ?? OTHER)[scheme]};`).join(" ");
  return `<style>
  :root { --paper: #ffffff; --text: #1f2328; --caption: #59636e; ${variables(0)} }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #161b22; --text: #f0f6fc; --caption: #9198a1; ${variables(1)} }
  }
  text { fill: var(--text) } .caption { fill: var(--caption) } .paper { fill: var(--paper) }
  ${classes.map((name) => `.${name} { fill: var(--${name}) }`).join(" ")}
</style>`;
}
