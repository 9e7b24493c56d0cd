/** Batched answers, as under load, for tests that make no load. */
import { vi } from "vitest";
import { writeBatch } from "../../src/direct/write-batch.ts";

/** Batches all direct answers of this process until the end of their turn, until mocks are restored. */
export async function answerTogether(): Promise<void> {
  vi.spyOn(writeBatch, "pays").mockReturnValue(true);
  const writer = { flush: (): void => {} };
  while (!writeBatch.join(writer)) await new Promise(setImmediate);
}
