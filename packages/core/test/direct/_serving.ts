/** A bare server that answers directly, also where the tests run with `PACKETRON_DISPATCH=standard`. */

import type { ServerOptions } from "../../src/config/options.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { startServing as startAnyServing, type TestServer } from "../connection/_serving.ts";

export type { TestServer } from "../connection/_serving.ts";

/** As the function of that name in `connection/`. */
export function startServing(
  options: ServerOptions,
  dispatch: HttpListenerParts["dispatch"],
): Promise<TestServer> {
  return startAnyServing({ dispatch: "direct", ...options }, dispatch);
}
