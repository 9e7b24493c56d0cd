/** Answers that leave together with those of other connections, as they do under load, also where a test makes none. */
import { vi } from "vitest";
import { departures } from "../../src/direct/departures.ts";

/** Lets all direct answers of this process wait for the end of their turn, until mocks are restored. */
export async function answerTogether(): Promise<void> {
  vi.spyOn(departures, "isWorthIt").mockReturnValue(true);
  const nobody = { flush: (): void => {} };
  while (!departures.joins(nobody)) await new Promise(setImmediate);
}
