/** Which logger a server writes to. */
import { ownSeat } from "../cluster/role.ts";
import { PacketronServerFlags } from "../flags.ts";
import { createLogger, type Logger } from "../log.ts";
import type { ServerOptions, ServerSettings } from "../options.ts";

/** The user's own logger, or the built-in one, labelled with the process where there are several; silent if asked. */
export function chooseLogger(options: ServerOptions, settings: ServerSettings): Logger {
  if ((settings.flags & PacketronServerFlags.SILENCE_INTERNAL_LOGS) !== 0)
    return createLogger({ silent: true });
  const seat = ownSeat();
  const alone = seat.role === "primary" && settings.maxThreads === 1;
  return options.logger ?? createLogger(alone ? {} : seat);
}
