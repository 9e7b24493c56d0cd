/** The capability `redis()`: shared services for the programs of several machines. */
import type { Capability } from "@packetron/core";
import { TIMING, type Timing } from "./connection.ts";
import { type RedisOptions, resolveSettings } from "./options.ts";
import { RedisServices } from "./redis-services.ts";

/**
 * Lets the programs of several machines share over Redis or Valkey what the workers of one program share: `server.shared`,
 * `broadcast()`, locks, and limits with the scope `"everywhere"`. Without answers of Redis, no call takes longer than
 * its deadline: 50 ms for a lease of a limit, 250 ms for data, 1 s for a lock.
 *
 * `redis()` throws PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN. `start()` rejects with PKT_REDIS_CONNECT when Redis is
 * required and cannot be used.
 *
 * @example
 * const server = new Packetron({ capabilities: [redis({ url: "redis://10.0.0.1:6379", name: "shop" })] });
 */
export function redis(options: RedisOptions = {}): Capability {
  return createRedis(options, TIMING);
}

/** Makes the capability `redis()` with given times, for tests. @internal */
export function createRedis(options: RedisOptions, timing: Timing): Capability {
  const settings = resolveSettings(options);
  return {
    name: "@packetron/redis",
    install(host) {
      const services = new RedisServices(host, settings, timing);
      host.provideShared(services);
      host.lifecycle({ starting: () => services.start(), stopped: () => services.stop() });
    },
  };
}
