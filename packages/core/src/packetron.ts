import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Logger } from "./log.ts";
import type { ServerSettings } from "./options.ts";
/** stub */
export class Packetron extends EventEmitter {
  declare readonly settings: ServerSettings;
  declare readonly log: Logger;
  /** @internal */
  declare readonly readIp: (request: IncomingMessage) => string;
  /** An unexpected error: logged, emitted, counted by STOP_ON_ERROR. @internal */
  declare reportError: (error: unknown, message: string) => void;
}
