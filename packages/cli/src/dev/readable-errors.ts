/** Loaded by `packetron dev` in front of the program, in each of its processes: cleans the stack of the error it dies of. */
import { cleanStack } from "./clean-stack.ts";

// Node prints the stack after these listeners have run, with the line of the code in front of it.
process.on("uncaughtExceptionMonitor", (error) => {
  try {
    if (typeof error.stack === "string") error.stack = cleanStack(error.stack);
  } catch {
    // Not every error lets its stack be changed.
  }
});
