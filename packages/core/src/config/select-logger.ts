/** Selects the logger that a server writes to. */

import { createLogger, isLogger, type Logger, type LoggerOptions } from "../log/logger.ts";
import { readVariable } from "./environment.ts";
import { PacketronServerFlags } from "./flags.ts";
import type { ServerOptions, ServerSettings } from "./options.ts";
import { type OwnRole, ownRole } from "./process-role.ts";

/**
 * Selects the logger of the user, or else the built-in logger. With SILENCE_INTERNAL_LOGS, selects a logger that prints
 * nothing. In a program with several processes, each line names its process. If the user's logger can make child
 * loggers, as pino can, the child gets the name as bindings.
 */
export function selectLogger(options: ServerOptions, settings: ServerSettings): Logger {
  if ((settings.flags & PacketronServerFlags.SILENCE_INTERNAL_LOGS) !== 0)
    return createLogger({ silent: true });
  const own = ownRole(settings.maxThreads);
  const alone = own.role === "single" || (own.role === "primary" && settings.maxThreads === 1);
  const { logger } = options;
  if (logger === undefined) return createLogger({ ...(alone ? {} : own), ...readForm() });
  return alone ? logger : labelled(logger, own);
}

/**
 * Reads from the environment whether the built-in logger writes text or JSON, whether in colour, and from which level.
 */
function readForm(): LoggerOptions {
  return {
    json: readVariable("PACKETRON_LOG") === "json",
    level: readVariable("PACKETRON_LOG_LEVEL"),
    color: !readVariable("NO_COLOR"),
  };
}

function labelled(logger: Logger, own: OwnRole): Logger {
  if (!("child" in logger) || typeof logger.child !== "function") return logger;
  const bindings =
    own.role === "worker"
      ? { role: own.role, worker: own.workerId, generation: own.generation }
      : { role: own.role };
  const child: unknown = logger.child(bindings);
  return isLogger(child) ? child : logger;
}
