/**
 * `packetron dev` preloads this module into each process of the program. It shortens the stack of an uncaught
 * exception, and lets the primary end without printing an error that its worker has printed already. The package
 * exports the module, so that the command finds it in every build; the module itself exports nothing.
 */
import { cleanStack } from "./clean-stack.ts";

/** How many errors of a chain of causes are shortened; the chain can be a circle. */
const CAUSE_LIMIT = 5;

/** Core marks an error with this symbol in the primary when a worker under `packetron dev` has printed it. */
const PRINTED = Symbol.for("packetron.printed");

// Node prints the stack after these listeners have run, below the line of code that threw.
process.on("uncaughtExceptionMonitor", (error) => {
  const isHandled = process.listenerCount("uncaughtException") > 0;
  if (!isHandled && Object.hasOwn(error, PRINTED)) process.exit(1);
  try {
    let current: unknown = error;
    for (let depth = 0; depth < CAUSE_LIMIT && current instanceof Error; depth++) {
      if (typeof current.stack === "string") current.stack = cleanStack(current.stack);
      current = current.cause;
    }
  } catch {
    // The stack of this error cannot be changed: it is frozen, for example.
  }
});
