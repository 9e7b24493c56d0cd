/** Answers that wait for those of other connections, as they do under load, also where a test makes none. */
import { vi } from "vitest";
import { writeBatch } from "../../src/direct/write-batch.ts";

/** Lets all direct answers of this process wait for the end of their turn, until mocks are restored. */
export async function answerTogether(): Promise<void> {
  vi.spyOn(writeBatch, "pays").mockReturnValue(true);
  const writer = { flush: (): void => {} };
  while (!writeBatch.join(writer)) await new Promise(setImmediate);
}
