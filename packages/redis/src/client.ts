/** A client of @redis/client for one server, a cluster, or a server that Sentinels watch, behind one small interface. */
import { createClient, createCluster, createSentinel, ErrorReply, RESP_TYPES } from "@redis/client";
import { CONNECT_DEADLINE, type StoreClient } from "./connection.ts";
import type { Address, RedisSettings } from "./options.ts";
import { ReplyError } from "./outage.ts";

/** Raw replies have the same shape with every server, and bytes stay bytes. */
const common = {
  RESP: 2,
  commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
} as const;

/** A command that cannot be sent now fails: this package decides about new attempts. */
const bounded = { disableOfflineQueue: true, commandsQueueMaxLength: 10_000 } as const;

/**
 * Creates a client that is not connected yet.
 *
 * @param onClosed Called when the connection of a single server is closed, and not by this process.
 */
export function createStoreClient(settings: RedisSettings, onClosed: () => void): StoreClient {
  const { server } = settings;
  if (server.kind === "cluster") return clusterClient(settings, server.nodes);
  if (server.kind === "sentinel") return sentinelClient(settings, server.name, server.nodes);
  const options = { connectTimeout: CONNECT_DEADLINE, reconnectStrategy: false } as const;
  const client = createClient({
    ...common,
    ...bounded,
    ...credentialsOf(settings),
    ...(server.kind === "url" ? { database: server.database } : {}),
    socket:
      server.kind === "socket"
        ? { path: server.path, tls: false, ...options }
        : { host: server.host, port: server.port, ...tlsOf(settings), ...options },
  });
  client.on("error", onClosed);
  // A server that was never started must not keep its process alive. Each call has a timer that does.
  client.unref();
  return {
    connect: () => client.connect(),
    send: (_key, args) => client.sendCommand(args).catch(rethrow),
    close: () => client.close(),
    destroy: () => client.destroy(),
  };
}

function clusterClient(settings: RedisSettings, nodes: readonly Address[]): StoreClient {
  const socket = { ...tlsOf(settings), connectTimeout: CONNECT_DEADLINE };
  const client = createCluster({
    ...common,
    rootNodes: nodes.map((node) => ({ socket: { ...socket, ...node } })),
    defaults: { ...bounded, ...credentialsOf(settings), socket },
    minimizeConnections: true,
  });
  client.on("error", ignore);
  return {
    connect: () => client.connect(),
    send: (key, args) => client.sendCommand(key, false, args).catch(rethrow),
    close: () => client.close(),
    destroy: () => client.destroy(),
  };
}

function sentinelClient(settings: RedisSettings, name: string, nodes: readonly Address[]): StoreClient {
  const socket = { ...tlsOf(settings), connectTimeout: CONNECT_DEADLINE };
  const client = createSentinel({
    ...common,
    name,
    sentinelRootNodes: nodes.map((node) => ({ ...node })),
    nodeClientOptions: { ...bounded, ...credentialsOf(settings), socket },
    sentinelClientOptions: { socket },
    // Otherwise a command waits for the reply to the one before.
    reserveClient: true,
  });
  client.on("error", ignore);
  return {
    connect: () => client.connect(),
    send: (_key, args) => client.sendCommand(false, args).catch(rethrow),
    close: () => client.close(),
    destroy: () => void client.destroy().catch(ignore),
  };
}

function tlsOf({ tls }: RedisSettings): { tls?: true } {
  return tls === undefined ? {} : { ...tls, tls: true };
}

function credentialsOf({ username, password }: RedisSettings): { username?: string; password?: string } {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

function rethrow(error: unknown): never {
  throw error instanceof ErrorReply ? new ReplyError(error.message) : error;
}

/** Clients of several servers connect anew by themselves; calls that fail report it. */
function ignore(): void {}
