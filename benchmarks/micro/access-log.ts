/** The cost of `accessLog` for one exchange: its report, the id and the address of its request, and the line. */
import { Socket } from "node:net";
import { type Logger, Packetron, PacketronRequest, PacketronResponse } from "@packetron/core";
import { createLogger } from "../../packages/core/src/log/logger.ts";
import { Settlement } from "../../packages/core/src/message/settlement.ts";
import { createAccessLog } from "../../packages/core/src/server/access-log.ts";
import { type Contestant, compare } from "./_measure.ts";

let written = 0;
const count = (fields: object, message: string): void => {
  written += message.length + ("bytes" in fields ? Number(fields.bytes) : 0);
};
const counting: Logger = { debug: count, info: count, warn: count, error: count };
const sink = {
  isTTY: false,
  write(line: string): void {
    written += line.length;
  },
};

const server = new Packetron({ maxThreads: 1, logger: counting });
class ServerRequest extends PacketronRequest {}
Object.defineProperty(ServerRequest.prototype, "server", { value: server });
const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: "203.0.113.7" });

await compare("access-log", "The access line of an exchange", [
  contestant("no access log", undefined),
  contestant("a logger that counts", counting),
  contestant("core's logger, text", createLogger({ sink })),
  contestant("core's logger, JSON", createLogger({ sink, json: true })),
]);

function contestant(name: string, log: Logger | undefined): Contestant {
  const settlement = new Settlement(() => undefined);
  if (log !== undefined)
    settlement.add(createAccessLog({ log, workerId: 1, reportError: () => undefined }, {}, undefined));
  return { name, run: () => exchange(settlement) };
}

/** What core does for an exchange that is answered directly; each has a request of its own. */
function exchange(settlement: Settlement): number {
  const request = new ServerRequest(socket);
  const response = new PacketronResponse(request);
  request.method = "GET";
  request.url = "/users/7?page=2";
  request.path = "/users/7";
  request.response = response;
  if (settlement.isUsed) settlement.begin(response);
  if (settlement.isUsed) settlement.end(response, 100, false);
  return written;
}
