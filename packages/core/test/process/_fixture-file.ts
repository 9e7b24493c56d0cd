import { join } from "node:path";
import { inject } from "vitest";

/**
 * The built file of a program of the tests.
 *
 * @param name The package and the name: `"stream/events-app"` for `packages/stream/test/process/_fixtures/events-app.ts`.
 */
export function fixtureFile(name: string): string {
  return join(inject("bundles"), `${name}.mjs`);
}
