/** Connects a server with the code that runs processes: the cluster, and the control server for the command line. */
import type { AddressInfo } from "node:net";
import type { DrainScope } from "../capability/contract.ts";
import { createLifecycle } from "../cluster/index.ts";
import { LeaderTasks } from "../cluster/process/leader-tasks.ts";
import type {
  HttpListener,
  Lifecycle,
  ProcessRole,
  ReloadResult,
  ServerDelegate,
} from "../cluster/process/lifecycle.ts";
import type { PrimaryStatus } from "../cluster/process/status.ts";
import type { ServerSettings } from "../config/options.ts";
import { ProfileExchange } from "../control/profile-exchange.ts";
import type { ControlAnswer, ControlValues, ProfileRequest } from "../control/protocol.ts";
import { RouteExchange } from "../control/route-exchange.ts";
import { type ControlledServer, openControl } from "../control/server.ts";
import type { Logger } from "../log/logger.ts";
import type { RouteDescription } from "../routing/describe.ts";
import type { SharedStatus } from "../shared/shared-status.ts";
import { emitError } from "./events.ts";
import { Hooks } from "./hooks.ts";
import { Leadership } from "./leadership.ts";
import type { ServerLifecycle } from "./server-lifecycle.ts";
import type { Sharing } from "./sharing.ts";

/** The part of a server that answers requests, as the process calls it. */
export interface AnswerTarget {
  /** Makes the http(s) server of this process. */
  createListener(): HttpListener;
  /** Runs the capabilities' hooks of a stage. */
  run(stage: "starting" | "listening" | "stopped"): Promise<void>;
  /** Runs the capabilities' hooks of the stage `draining`. */
  draining(scope: DrainScope): void;
  /** Lets injected requests finish, at most for `timeoutMs`, and refuses all further ones. Never rejects. */
  closeInjections(timeoutMs: number): Promise<void>;
  /** The routes of this process. */
  describeRoutes(): readonly RouteDescription[];
  /** What the server shares with its other processes. */
  readonly sharing: Sharing;
  /** The capabilities that look for a route when the router has no match, in the order in which they are asked. */
  readonly resolvers: readonly string[];
}

/**
 * The number of servers constructed in this process. The program constructs the same servers in every process, so the
 * number identifies a server in all of them.
 */
let constructed = 0;

/** Implements the methods of a server that the cluster and the control server call. */
export class PacketronDelegate implements ServerDelegate, ControlledServer {
  readonly key: string;
  readonly settings: ServerSettings;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  /** The tasks that the program has added with `onReady()` and `onStop()`. */
  readonly hooks: Hooks = new Hooks();
  /** Runs the tasks that the program has added with `onLeader()`. */
  readonly leadership: Leadership;
  readonly #server: ServerLifecycle;
  readonly #routes: RouteExchange;
  readonly #profiles: ProfileExchange;
  readonly #closing = new AbortController();
  #address: AddressInfo | null = null;
  /** Removes the server from the control server. */
  #closeControl: (() => Promise<void>) | undefined;

  constructor(server: ServerLifecycle) {
    const { settings, log } = server;
    this.key = `${++constructed}:${settings.socket?.path ?? `${settings.host}:${settings.port}`}`;
    this.settings = settings;
    this.log = log;
    this.#server = server;
    const tasks = new LeaderTasks(settings.restartBackoff, (error, message) => {
      log.error({ err: error }, message);
      emitError(server, error);
    });
    this.leadership = new Leadership(tasks, () => server.answerTarget.sharing.services("everywhere"), log);
    this.lifecycle = createLifecycle(this);
    this.#routes = new RouteExchange(this.lifecycle.openChannel("packetron:routes"), () =>
      server.answerTarget.describeRoutes(),
    );
    this.#profiles = new ProfileExchange(this.lifecycle.openChannel("packetron:profiles"), () =>
      this.lifecycle.status(),
    );
  }

  profile(request: ProfileRequest): Promise<ControlAnswer<ControlValues["profile"]>> {
    return this.#profiles.ask(request);
  }

  get role(): ProcessRole {
    return this.lifecycle.role;
  }

  /** Aborts when this process accepts no more connections. */
  get drainSignal(): AbortSignal {
    return this.#closing.signal;
  }

  address(): AddressInfo | null {
    return this.#address;
  }

  createListener(): HttpListener {
    return this.#server.answerTarget.createListener();
  }

  async run(stage: "starting" | "listening" | "stopped"): Promise<void> {
    if (stage === "stopped") await this.#closeControl?.();
    await this.#server.answerTarget.run(stage);
    if (stage === "listening" && this.role !== "worker") this.#closeControl = await openControl(this);
    if (stage === "listening" && this.#address !== null) this.#server.emit("listening", this.#address);
    if (stage === "stopped") {
      this.#address = null;
      this.#server.emit("stopped");
    }
  }

  runReadyHooks(): Promise<void> {
    return this.hooks.runReady();
  }

  listeningAt(address: AddressInfo): void {
    this.#address = address;
  }

  draining(scope: DrainScope): void {
    this.#server.answerTarget.draining(scope);
    this.#server.emit("draining", scope);
  }

  closing(): void {
    this.#closing.abort();
  }

  acquireLeadership(token: bigint): void {
    this.leadership.acquire(token);
  }

  releaseLeadership(timeoutMs: number): Promise<boolean> {
    return this.leadership.release(timeoutMs);
  }

  async runStopHooks(timeoutMs: number): Promise<boolean> {
    await this.#server.answerTarget.closeInjections(timeoutMs);
    return this.hooks.runStop(timeoutMs, this.log);
  }

  failed(error: unknown): void {
    emitError(this.#server, error);
  }

  answerCall(caller: object, payload: string, answer: (payload: string) => void): void {
    this.#server.answerTarget.sharing.answer(caller, payload, answer);
  }

  callerExited(caller: object): void {
    this.#server.answerTarget.sharing.leave(caller);
  }

  status(): PrimaryStatus | undefined {
    return this.lifecycle.status();
  }

  sharedStatus(): SharedStatus | null {
    return this.#server.answerTarget.sharing.status();
  }

  liveRoutes(): Promise<readonly RouteDescription[]> {
    return this.#routes.ask();
  }

  resolvers(): readonly string[] {
    return this.#server.answerTarget.resolvers;
  }

  reload(): Promise<ReloadResult> {
    return this.#server.reload();
  }
}
