/** The cost of reporting exchanges to listeners of `settled()`, for one exchange: its begin and its end. */
import { Socket } from "node:net";
import { PacketronRequest, PacketronResponse } from "@packetron/core";
import { Settlement } from "../../packages/core/src/message/settlement.ts";
import { type Contestant, compare } from "./_measure.ts";

const request = new PacketronRequest(new Socket());
request.method = "GET";
const response = new PacketronResponse(request);
let counted = 0;

await compare("settled", "Reports of an exchange to listeners", [
  contestant("no listener", 0),
  contestant("1 listener", 1),
  contestant("3 listeners", 3),
]);

function contestant(name: string, count: number): Contestant {
  const settlement = new Settlement(() => undefined);
  for (let index = 0; index < count; index++) {
    settlement.add(({ status, bytesOut, duration }) => {
      counted += status + bytesOut + duration;
    });
  }
  return { name, run: () => exchange(settlement) };
}

/** What core does for an exchange that is answered directly. */
function exchange(settlement: Settlement): number {
  response.startedAt = undefined; // the same response is used again
  if (settlement.isUsed) settlement.begin(response);
  if (settlement.isUsed) response.bytesOut = 100;
  if (settlement.isUsed) settlement.end(response, response.bytesOut ?? 0, false);
  return counted;
}
