/** A bare server with direct dispatch, also when the tests run with `PACKETRON_DISPATCH=standard`. */

import type { ServerOptions } from "../../src/config/options.ts";
import type { HttpListenerParts } from "../../src/connection/http-server.ts";
import { startServing as startAnyServing, type TestServer } from "../connection/_serving.ts";

export type { TestServer } from "../connection/_serving.ts";

/** The same as `startServing()` in `connection/_serving.ts`, with direct dispatch. */
export function startServing(
  options: ServerOptions,
  dispatch: HttpListenerParts["dispatch"],
): Promise<TestServer> {
  return startAnyServing({ dispatch: "direct", ...options }, dispatch);
}
