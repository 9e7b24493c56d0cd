/** The first sentence of the page: how the contestants compare in the simplest scenario. */
import type { ScenarioResult } from "./result.ts";
import { summarise } from "./summary.ts";
import { showNumber } from "./table.ts";

/** The contestants of the sentence, in its order, if they took part. */
const NAMED: readonly string[] = ["node-http", "fastify", "hono", "express", "bun"];

/** The sentence; `null` without figures of the subject and of one of the others. */
export function writeAnswer(result: ScenarioResult | undefined, subject: string): string | null {
  if (result === undefined) return null;
  const { compared, rows } = summarise(result, subject);
  const own = rows.find(({ name }) => name === subject);
  const figure = own?.figures[compared.name] ?? null;
  const others = NAMED.flatMap((wanted) => {
    const { title, relative = null } = rows.find(({ name }) => name === wanted) ?? {};
    return relative === null ? [] : [{ title, factor: showNumber(relative.median, 1) }];
  });
  const [first, ...rest] = others;
  if (own === undefined || figure === null || first === undefined) return null;
  const amount = `${showNumber(figure.median, compared.digits)} ${compared.unit}`;
  const parts = [
    `${first.title} needs ${first.factor} times as much`,
    ...rest.map(({ title, factor }) => `${title} ${factor} times`),
  ];
  return `${own.title} answers a small GET with ${amount} of CPU time; ${listOf(parts)}.`;
}

function listOf(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
