/**
 * Loaded by `packetron dev` in front of the program, in each of its processes: cleans the stack of the error it dies of. The
 * package exports it so that the command finds it, whatever the build makes of the files around it; it gives no names.
 */
import { cleanStack } from "./clean-stack.ts";

// Node prints the stack after these listeners have run, with the line of the code in front of it.
process.on("uncaughtExceptionMonitor", (error) => {
  try {
    if (typeof error.stack === "string") error.stack = cleanStack(error.stack);
  } catch {
    // Not every error lets its stack be changed.
  }
});
