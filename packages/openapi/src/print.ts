/** What `packetron openapi` does in the program: it gives the document to the command in place of starting. */
import type { Packetron } from "@packetron/core";
import type { OpenapiDocument } from "./document.ts";

/**
 * Replaces `server.start()`, if `packetron openapi` runs this program: the first server that starts sends its document
 * to the command, and the process exits. No port is opened, and no worker is forked.
 */
export function printInsteadOfStart(server: Packetron, create: () => OpenapiDocument): void {
  const { PACKETRON_OPENAPI } = process.env;
  if (PACKETRON_OPENAPI !== "1" || process.send === undefined) return;
  server.start = () => {
    process.send?.({ openapi: create() }, undefined, undefined, () => process.exit(0));
    return new Promise(() => {});
  };
}
