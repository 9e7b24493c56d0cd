/** The capability `webSocket()`: adds `server.webSocket()` and `server.publish()`. */
import type { Capability, CapabilityHost, PacketronRoute } from "@packetron/core";
import { assertEndpointOptions, type Bus, figure, GateOrder, optionError } from "@packetron/core/capability";
import { createHandshakeGate, Endpoint } from "./endpoint.ts";
import type { WebSocketData } from "./frame.ts";
import { OWN_OPTIONS, resolveSettings, type WebSocketOptions, type WebSocketSettings } from "./options.ts";
import { RunningCalls } from "./running-calls.ts";
import { Sweep } from "./sweep.ts";
import { Topics } from "./topics.ts";

declare module "@packetron/core" {
  interface Packetron {
    /**
     * Opens a WebSocket for each client that asks for one at a path. Gates, plugins, limits and params of the route run before,
     * and answer with a real status. A plain GET gets 426, unless `handle()` has a route for the path.
     *
     * Sockets count in `server.load`. A drain closes them with 1001, spread over at most two seconds, and waits for their
     * ends.
     *
     * @typeParam Data What the program keeps at each socket, as `socket.data`.
     * @returns The route, with a method `remove()`; open sockets stay.
     * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, and the errors of `handle()`.
     * @example
     * server.webSocket({
     *   routePath: "chat",
     *   open: (socket) => socket.subscribe("chat"),
     *   message: (socket, data) => socket.publish("chat", data),
     * });
     */
    webSocket<Data = unknown>(options: WebSocketOptions<Data>): PacketronRoute;

    /**
     * Sends a message to every WebSocket that has subscribed to a topic: in each process of the program, and with a package
     * such as `@packetron/redis` on all machines. Works in any process. Messages of one process arrive in their order.
     *
     * @throws PKT_WEBSOCKET_DATA, PKT_WEBSOCKET_TOPIC (TypeErrors); PKT_CLUSTER_MESSAGE for more than 1 MiB.
     * @example
     * server.publish("prices", JSON.stringify({ oil: 71 }));
     */
    publish(topic: string, data: WebSocketData): void;
  }
}

/**
 * Adds WebSockets with topics. Without a call of `server.webSocket()` nothing is loaded.
 *
 * @example
 * const server = new Packetron({ capabilities: [webSocket()] });
 * server.webSocket({ routePath: "echo", message: (socket, data) => socket.send(data) });
 */
export function webSocket(): Capability {
  return {
    name: "@packetron/websocket",
    install(host) {
      const sockets = new Sockets(host);
      host.extend("server", "webSocket", (options: WebSocketOptions) => sockets.add(options));
      host.extend("server", "publish", (topic: string, data: WebSocketData) =>
        sockets.topics.publish(topic, data),
      );
      host.lifecycle({
        starting: () => sockets.start(),
        draining: () => sockets.sweep.drain(),
        stopped: () => sockets.calls.end(host.settings.drainTimeout),
      });
    },
  };
}

/** All names but those that capabilities add. `handler`, `method` and `flags` of routes have no meaning here. */
const ENDPOINT_OPTIONS: readonly string[] = ["routePath", "handlerTimeout", ...OWN_OPTIONS];

/** The WebSockets of one server in this process. */
class Sockets {
  readonly topics: Topics;
  readonly sweep: Sweep = new Sweep();
  readonly calls: RunningCalls = new RunningCalls();
  readonly #host: CapabilityHost;
  #library: Promise<typeof import("ws")> | undefined;
  #isUsed = false;

  constructor(host: CapabilityHost) {
    this.#host = host;
    this.topics = new Topics((): Bus | null => {
      const { bus, scope } = host.shared();
      return scope === "program" && host.server.role === "single" ? null : bus;
    });
  }

  add(options: WebSocketOptions): PacketronRoute {
    const host = this.#host;
    if (typeof options !== "object" || options === null)
      throw optionError("webSocket()", options, "an object such as { routePath, message }");
    assertEndpointOptions(host, "webSocket()", options, ENDPOINT_OPTIONS);
    const settings = resolveSettings(options);
    const open = figure(host, "packetron_websocket_connections", "Open WebSockets.");
    const parts = { settings, open, topics: this.topics, sweep: this.sweep, calls: this.calls };
    let endpoint: Endpoint | undefined;
    const route = host.upgrade(
      { ...withoutOwn(options), protocol: "websocket" },
      async (request, socket, head) => {
        endpoint ??= new Endpoint(parts, await this.#createServer(settings));
        endpoint.take(request, socket, head);
      },
    );
    host.gate(GateOrder.EARLY, createHandshakeGate(settings), route);
    this.#isUsed = true;
    return route;
  }

  /** Loads ws before the server listens, in the processes that have sockets. */
  async start(): Promise<void> {
    if (!this.#isUsed || this.#host.server.role === "primary") return;
    this.topics.listen();
    await this.#load();
  }

  #load(): Promise<typeof import("ws")> {
    this.#library ??= import("ws");
    return this.#library;
  }

  async #createServer(settings: WebSocketSettings) {
    const { WebSocketServer } = await this.#load();
    this.topics.listen(); // for a route that was added after the start
    return new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: settings.maxPayloadLength,
      perMessageDeflate: settings.perMessageDeflate,
      handleProtocols: (offered) => settings.chooseProtocol([...offered]),
    });
  }
}

/** The options of the route. */
function withoutOwn(options: WebSocketOptions): Pick<WebSocketOptions, "routePath"> {
  const rest: Record<string, unknown> & { routePath: string } = { ...options };
  for (const name of OWN_OPTIONS) delete rest[name];
  return rest;
}
