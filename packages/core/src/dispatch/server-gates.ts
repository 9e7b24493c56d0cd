/** The gates that every request passes before its route, and what a rewrite and LOCAL_PLUGINS_ONLY mean for them. */
import { type Gate, GateOrder } from "../capability/contract.ts";
import { PacketronHandlerFlags } from "../config/flags.ts";
import type { PacketronRequest } from "../message/request.ts";
import type { PacketronResponse } from "../message/response.ts";
import { isThenable } from "../node/thenable.ts";
import { endsChain, type Stage } from "../routing/compose.ts";

interface ServerGate {
  readonly order: number;
  readonly gate: Gate;
  /** Whether a route with LOCAL_PLUGINS_ONLY goes without it. */
  readonly global: boolean;
}

/** Sets path, route and parameters of a request by its URL, and goes on. */
export type Locate = (request: PacketronRequest, response: PacketronResponse, next: Stage) => unknown;

/** The gates of one server. */
export class ServerGates {
  readonly #locate: Locate;
  readonly #last: Stage;
  #gates: readonly ServerGate[] = [];

  /** @param last What comes behind the gates. */
  constructor(locate: Locate, last: Stage) {
    this.#locate = locate;
    this.#last = last;
  }

  /** Adds a gate; returns its removal. Requests under way keep the gates they started with. */
  add(order: number, gate: Gate): () => void {
    const entry = { order, gate, global: order === GateOrder.GLOBAL_PLUGINS };
    this.#gates = [...this.#gates, entry].toSorted((one, other) => one.order - other.order);
    return () => {
      this.#gates = this.#gates.filter((other) => other !== entry);
    };
  }

  /** The gates in the order in which they run. */
  get list(): readonly ServerGate[] {
    return this.#gates;
  }

  /** Takes a located request through the gates to the last stage; synchronous while no gate returns a promise. */
  readonly run: Stage = (request, response) =>
    this.#gates.length === 0
      ? this.#last(request, response)
      : this.#runFrom(this.#gates, 0, request, response);

  #runFrom(
    gates: readonly ServerGate[],
    start: number,
    request: PacketronRequest,
    response: PacketronResponse,
  ): unknown {
    for (let index = start; index < gates.length; index++) {
      // A gate may have changed the URL. Those behind it must judge the path that will be answered, or the rewrite
      // would lead around them.
      if (request.url !== request.routedUrl)
        return this.#locate(request, response, () => this.#runFrom(gates, index, request, response));
      const entry = gates[index];
      if (entry === undefined || (entry.global && isLocal(request))) continue;
      const { gate } = entry; // called as entry.gate(), it would get the entry as its `this`
      const result = gate(request, response);
      if (isThenable(result)) {
        return result.then((answer) =>
          endsChain(answer, response) ? undefined : this.#runFrom(gates, index + 1, request, response),
        );
      }
      if (endsChain(result, response)) return undefined;
    }
    return request.url === request.routedUrl
      ? this.#last(request, response)
      : this.#locate(request, response, this.#last);
  }
}

function isLocal({ route }: PacketronRequest): boolean {
  return route !== null && (route.flags & PacketronHandlerFlags.LOCAL_PLUGINS_ONLY) !== 0;
}
