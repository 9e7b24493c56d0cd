/** Requests and answers that wait for those of other connections, as they do under load, also where a test makes none. */
import { vi } from "vitest";
import { turn } from "../../src/direct/write-batch.ts";

/** Lets all requests of this process wait for the end of their turn, and direct answers too, until mocks are restored. */
export async function answerTogether(): Promise<void> {
  vi.spyOn(turn, "isWorthIt").mockReturnValue(true);
  const nobody = { flush: (): void => {} };
  while (!turn.join(nobody)) await new Promise(setImmediate);
}
