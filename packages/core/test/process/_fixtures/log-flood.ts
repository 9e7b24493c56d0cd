/** Logs 2 MB, prints the duration of the slowest call on stdout, and exits in the way of the argument. */
import { createLogger } from "../../../src/log/logger.ts";

const log = createLogger({ role: "worker", workerId: 1 });
process.on("uncaughtException", (error) => process.stdout.write(`uncaught ${error.message}\n`));

let slowest = 0;
for (let round = 0; round < 20; round++) {
  for (let index = 0; index < 100; index++) {
    const start = performance.now();
    log.info({ round, index, text: "x".repeat(900) }, "flood");
    slowest = Math.max(slowest, performance.now() - start);
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}
process.stdout.write(`slowest ${slowest}\n`);
log.error({}, "last words");
if (process.argv[2] === "throw") {
  process.removeAllListeners("uncaughtException");
  setTimeout(() => Promise.reject(new Error("the end")), 1);
} else if (process.argv[2] === "exit") process.exit(0);
