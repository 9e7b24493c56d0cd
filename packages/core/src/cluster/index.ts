/**
 * Chooses the role of this process for a server: single, primary or worker. The primary and every worker run the same
 * entry file; `createLifecycle()` finds out which of them this process is.
 */
import { isDeveloping, ownRole } from "../config/process-role.ts";
import { PrimaryLifecycle, supervisorExists } from "./primary/primary.ts";
import type { Lifecycle, ServerDelegate } from "./process/lifecycle.ts";
import { resolveThreads } from "./process/sizing.ts";
import { SingleLifecycle } from "./single.ts";
import { WorkerLifecycle } from "./worker/worker.ts";

/**
 * Chooses the role of this process and makes the lifecycle (start, stop, reload) for that role. No worker is forked and
 * no port is bound before `start()`.
 *
 * @throws PKT_OPTION_INVALID when `maxThreads` is not given and `PACKETRON_THREADS` is not a number of workers.
 */
export function createLifecycle(delegate: ServerDelegate): Lifecycle {
  const own = ownRole(delegate.settings.maxThreads);
  if (own.role === "worker") return new WorkerLifecycle(delegate, own.workerId);
  const threads = resolveThreads(delegate.settings.maxThreads);
  // Under `packetron dev` even one thread means a worker: the primary keeps the port open while the worker is replaced.
  // A server with one thread joins the workers that another server of the program has already.
  const alone = threads.count === 1 && !isDeveloping() && !supervisorExists();
  if (own.role === "single" || alone) {
    const refusal = own.role === "single" ? own.refusal : undefined;
    const forced = own.role === "single" && threads.count > 1;
    return new SingleLifecycle(delegate, forced ? own.note : threads.reason, refusal);
  }
  return new PrimaryLifecycle(delegate, threads);
}
