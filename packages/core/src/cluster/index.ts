/**
 * Which of the three roles this process has for a server. The entry file runs in the primary and in every worker;
 * `createLifecycle()` finds out where it runs.
 */
import { isDeveloping, ownRole } from "../config/process-role.ts";
import { PrimaryLifecycle, supervisorExists } from "./primary/primary.ts";
import type { Lifecycle, ServerDelegate } from "./process/lifecycle.ts";
import { resolveThreads } from "./process/sizing.ts";
import { SingleLifecycle } from "./single.ts";
import { WorkerLifecycle } from "./worker/worker.ts";

/**
 * Chooses the role of this process and makes the lifecycle for it. Nothing is forked or bound before `start()`.
 *
 * @throws PKT_OPTION_INVALID when `PACKETRON_THREADS` is needed and not a number of workers.
 */
export function createLifecycle(delegate: ServerDelegate): Lifecycle {
  const own = ownRole();
  if (own.role === "worker") return new WorkerLifecycle(delegate, own.workerId);
  const threads = resolveThreads(delegate.settings.maxThreads);
  // Under `packetron dev` even one process is a worker: the port stays open while the worker is replaced. A server that
  // wants one process joins the workers of the program's other servers: one set of workers for all.
  const alone = threads.count === 1 && !isDeveloping() && !supervisorExists();
  if (own.role === "single" || alone) {
    const forced = own.role === "single" && threads.count > 1;
    return new SingleLifecycle(delegate, forced ? own.note : threads.reason);
  }
  return new PrimaryLifecycle(delegate, threads);
}
