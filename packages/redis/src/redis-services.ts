/** The shared services of all programs on one Redis. */
import { hostname } from "node:os";
import type { CapabilityHost, Channel } from "@packetron/core";
import {
  type Bus,
  figure,
  type Leases,
  type Locks,
  type SharedServices,
  type Store,
} from "@packetron/core/capability";
import { BusRelay } from "./bus-relay.ts";
import { Commander } from "./commander.ts";
import { Connection, type CreateClient, type Timing } from "./connection.ts";
import { redisError } from "./errors.ts";
import type { RedisSettings } from "./options.ts";
import { reasonOf } from "./outage.ts";
import { type BusMessage, RedisBus } from "./redis-bus.ts";
import { type Holder, RedisLeases } from "./redis-leases.ts";
import { RedisLocks } from "./redis-locks.ts";
import { RedisStore } from "./redis-store.ts";

/** How long calls under way may take when the server stops, in milliseconds. */
const CLOSE_LIMIT = 500;

/** Leases, messages, locks and data in Redis, for one process of a server. */
export class RedisServices implements SharedServices {
  readonly scope = "everywhere";
  readonly bus: Bus;
  readonly leases: Leases;
  readonly locks: Locks;
  readonly store: Store;
  readonly #host: CapabilityHost;
  readonly #settings: RedisSettings;
  readonly #timing: Timing;
  readonly #channel: Channel<BusMessage>;
  readonly #connection: Connection;
  readonly #commander: Commander;
  #relay: BusRelay | undefined;

  constructor(host: CapabilityHost, settings: RedisSettings, timing: Timing) {
    this.#host = host;
    this.#settings = settings;
    this.#timing = timing;
    this.#channel = host.channel("packetron:redis");
    this.#connection = this.#connect(false);
    this.#commander = new Commander(this.#connection, settings.name);
    this.bus = new RedisBus(host.shared("program").bus, this.#channel);
    this.leases = new RedisLeases(this.#commander, () => holderOf(host));
    this.locks = new RedisLocks(this.#commander);
    this.store = new RedisStore(this.#commander);
  }

  get state(): "up" | "down" {
    return this.#commander.state;
  }

  /**
   * Connects the process that talks with other machines. Workers connect at their first call.
   *
   * @throws PKT_REDIS_CONNECT (as a rejection) when Redis is required and does not answer.
   */
  async start(): Promise<void> {
    if (this.#host.server.role === "worker") return;
    const { required, where } = this.#settings;
    const relay = this.#createRelay();
    try {
      await this.#connection.open();
      await relay.begin();
    } catch (error) {
      if (required) throw redisError("PKT_REDIS_CONNECT", { where, reason: reasonOf(error) }, error);
    }
    relay.run();
  }

  /** Sends what waits, for a short time, and closes the connections. */
  async stop(): Promise<void> {
    await this.#relay?.close();
    await this.#connection.close(CLOSE_LIMIT);
  }

  #createRelay(): BusRelay {
    const connection = this.#connect(true);
    const reading = { connection, commander: new Commander(connection, this.#settings.name) };
    const program = `${programOf(this.#host)}:${randomName()}`;
    const commander = this.#commander;
    this.#relay = new BusRelay({ host: this.#host, channel: this.#channel, program, commander, reading });
    return this.#relay;
  }

  async #load(): Promise<CreateClient> {
    const { createStoreClient } = await import("./client.ts");
    return (onClosed) => createStoreClient(this.#settings, onClosed);
  }

  #connect(isReader: boolean): Connection {
    const { log } = this.#host;
    const { where, name } = this.#settings;
    const what = isReader ? "Messages of other machines" : "Limits, locks and data of all machines";
    const down = figure(this.#host, "packetron_redis_down", "Connections to Redis that are down.");
    const failures = figure(this.#host, "packetron_redis_failures_total", "Calls that Redis did not answer.");
    return new Connection({
      load: () => this.#load(),
      timing: this.#timing,
      maxFailures: isReader ? 1 : 3,
      pingKey: isReader ? null : `{${name}}:ping`,
      onFailure: () => {
        failures.value++;
      },
      onChange: (state, reason) => {
        down.value += state === "down" ? 1 : -1;
        if (state === "up") log.info({ redis: where }, `Redis answers again. ${what} are available.`);
        else log.warn({ redis: where, reason }, `Redis does not answer. ${what} are not available.`);
      },
    });
  }
}

/** The names under which a process and its program are counted. The clones of a container may have the same numbers. */
function holderOf(host: CapabilityHost): Holder {
  const program = programOf(host);
  return { process: `${program}:${randomName()}`, program };
}

/** The name of a program: its machine, and the number of the process that the user has started. */
function programOf({ server }: CapabilityHost): string {
  return `${hostname()}:${server.role === "worker" ? process.ppid : process.pid}`;
}

/** Distinguishes processes and programs with the same numbers. */
function randomName(): string {
  return Math.random().toString(36).slice(2);
}
