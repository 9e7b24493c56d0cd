/** The handler of an upgrade route: hands the socket over, or answers a plain request with 426. */
import type { Take } from "../capability/contract.ts";
import { coreError } from "../errors/errors.ts";
import { refuse } from "../message/refusal.ts";
import { isThenable } from "../node/thenable.ts";
import type { Handler } from "../routing/route-options.ts";

/**
 * Makes the handler of a route whose clients change to a protocol.
 *
 * @param take Gets the socket of a client that asks for the protocol. If it fails, the socket is destroyed.
 */
export function upgradeHandler(protocol: string, take: Take): Handler {
  // RFC 9110 section 15.5.22: the answer names the protocol; section 7.8: Connection names the field.
  const headers = { Upgrade: protocol, Connection: "Upgrade" };
  return function upgrade(request, response) {
    const { handOver } = request;
    if (handOver === undefined) {
      const { method = "", path } = request;
      return refuse(response, coreError("PKT_REQUEST_UPGRADE", { method, path, protocol }), headers);
    }
    if (request.destroyed) return undefined; // the client has left while a gate waited
    const { socket, head } = handOver(response);
    const fail = (error: unknown): never => {
      socket.destroy();
      throw error;
    };
    try {
      const result = take(request, socket, head);
      return isThenable(result) ? result.then(undefined, fail) : undefined;
    } catch (error) {
      return fail(error);
    }
  };
}
