/**
 * `packetron dev` preloads this module into each process of the program. It shortens the stack of an uncaught
 * exception. The package exports the module, so that the command finds it in every build; the module itself exports
 * nothing.
 */
import { cleanStack } from "./clean-stack.ts";

// Node prints the stack after these listeners have run, below the line of code that threw.
process.on("uncaughtExceptionMonitor", (error) => {
  try {
    if (typeof error.stack === "string") error.stack = cleanStack(error.stack);
  } catch {
    // The stack of this error cannot be changed: it is frozen, for example.
  }
});
