/** What the primary does with the messages of workers: one function for each type. */
import type { ChannelMessage, ErrorReport, WorkerMessage, WorkerMessages } from "../ipc/messages.ts";
import type { WorkerLoad } from "../process/status.ts";
import type { ServerLookup } from "./server-lookup.ts";
import type { ServerRegistry } from "./server-registry.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** What the messages of workers need of the supervisor. */
export interface Supervision {
  readonly servers: ServerRegistry;
  readonly lookup: ServerLookup;
  /** Records that a server is ready in the worker. */
  serverReady(worker: WorkerProcess, key: string): void;
  /** Records that a server failed to start in the worker. */
  serverFailed(worker: WorkerProcess, key: string, error: ErrorReport): void;
  heartbeat(worker: WorkerProcess, debugged: boolean, load: WorkerLoad): void;
  /** Drains a worker that wants to exit, and fills its slot. */
  leave(worker: WorkerProcess): Promise<void>;
  /** Reloads for a worker, and sends it the result with the ticket. */
  reloadFor(worker: WorkerProcess, ticket: number): void;
  /** Stops a server in every process. */
  stopServer(key: string): void;
  /** Sends a channel message to every worker. */
  broadcast(message: ChannelMessage): void;
}

type Handlers = {
  readonly [Type in keyof WorkerMessages]: (
    supervision: Supervision,
    worker: WorkerProcess,
    message: WorkerMessage<Type>,
  ) => void;
};

const handlers: Handlers = {
  lookup: ({ lookup }, worker, { key, timeoutMs }) => lookup.answer(worker, key, timeoutMs),
  ready: (supervision, worker, { key }) => supervision.serverReady(worker, key),
  failed: (supervision, worker, { key, error }) => supervision.serverFailed(worker, key, error),
  dying: (_supervision, worker, { error }) => {
    worker.error = error;
  },
  accepted: ({ servers }, worker, { key, connection, closed }) =>
    servers.get(key)?.acknowledge(worker, connection, closed),
  closed: ({ servers }, worker, { key, closed }) => servers.get(key)?.reportClosed(worker, closed),
  probed: ({ servers }, worker, { key, connection }) => servers.get(key)?.probed(worker, connection),
  heartbeat: (supervision, worker, { debugged, load }) => supervision.heartbeat(worker, debugged, load),
  leaving: (supervision, worker) => void supervision.leave(worker),
  reload: (supervision, worker, { ticket }) => supervision.reloadFor(worker, ticket),
  "leadership-released": ({ servers }, worker, { key }) => servers.get(key)?.leadershipReleased(worker),
  "stop-requested": (supervision, _worker, { key }) => supervision.stopServer(key),
  "shared-call": ({ servers }, worker, { key, payload }) => servers.get(key)?.answerCall(worker, payload),
  counted: ({ servers }, worker, { key, inFlight }) => servers.get(key)?.counted(worker, inFlight),
  drained: ({ servers }, worker, { key, clean, cut }) => servers.get(key)?.drainEnded(worker, clean, cut),
  channel: (supervision, _worker, message) => {
    if (message.to === "worker") supervision.broadcast(message);
    else supervision.servers.get(message.key)?.channels.deliver(message);
  },
};

/** Calls the function for the type of a worker's message. */
export function handleWorkerMessage<Type extends keyof WorkerMessages>(
  supervision: Supervision,
  worker: WorkerProcess,
  message: WorkerMessage<Type>,
): void {
  handlers[message.type](supervision, worker, message);
}
