/** The options of `redis()`: their defaults and checks. */
import type { ConnectionOptions } from "node:tls";
import { assertOptions, optionError } from "@packetron/core/capability";

/** The options of {@link redis}. */
export interface RedisOptions {
  /**
   * The server: `redis://[[user]:password@]host[:port][/database]`, or `rediss://` with TLS.
   * @default "redis://127.0.0.1:6379"
   */
  readonly url?: string | undefined;
  /**
   * What the programs that share have in common: all keys begin with `{name}:`. Letters, digits, and `. _ : -`, up to 100.
   * @default "packetron"
   */
  readonly name?: string | undefined;
  /** The path of a Unix socket, in place of `url`. */
  readonly socket?: string | undefined;
  /** The user of the access control list; wins over that of `url`. */
  readonly username?: string | undefined;
  /** The password; wins over that of `url`. */
  readonly password?: string | undefined;
  /**
   * `true`, or options of `tls.connect()` such as `{ ca, cert, key, servername }`.
   * @default only with a `rediss://` url
   */
  readonly tls?: boolean | ConnectionOptions | undefined;
  /** A Redis Cluster, in place of `url`: the addresses of some of its nodes, such as `["10.0.0.1:6379"]`. */
  readonly cluster?: readonly string[] | undefined;
  /** A server that Sentinels watch, in place of `url`: its name, and the addresses of the Sentinels. */
  readonly sentinel?: { readonly name: string; readonly nodes: readonly string[] } | undefined;
  /**
   * Whether `server.start()` rejects when Redis cannot be reached. Once a server has started, it serves without Redis in
   * any case.
   * @default true
   */
  readonly required?: boolean | undefined;
}

/** A host with a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The options of {@link redis}, checked, with the defaults. */
export interface RedisSettings {
  readonly name: string;
  readonly required: boolean;
  readonly server:
    | ({ readonly kind: "url"; readonly database: number } & Address)
    | { readonly kind: "socket"; readonly path: string }
    | { readonly kind: "cluster"; readonly nodes: readonly Address[] }
    | { readonly kind: "sentinel"; readonly name: string; readonly nodes: readonly Address[] };
  /** The server as log lines show it: without a password. */
  readonly where: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: ConnectionOptions | undefined;
}

const KNOWN = ["url", "name", "socket", "username", "password", "tls", "cluster", "sentinel", "required"];
const SERVERS = ["url", "socket", "cluster", "sentinel"];
const DEFAULT_URL = "redis://127.0.0.1:6379";

/**
 * Checks the options and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(options: unknown): RedisSettings {
  assertOptions("redis()", options, KNOWN, 'an object such as { url: "redis://127.0.0.1:6379" }');
  const name = readText("name", options["name"] ?? "packetron");
  if (!/^[\w.:-]{1,100}$/.test(name))
    throw optionError("redis.name", name, "1 to 100 letters, digits, and . _ : -");
  const required = options["required"] ?? true;
  if (typeof required !== "boolean") throw optionError("redis.required", required, "true or false");
  const { tls, username, password, ...server } = readServer(options);
  return {
    name,
    required,
    ...server,
    username: readOptionalText("username", options["username"]) ?? username,
    password: readOptionalText("password", options["password"]) ?? password,
    tls: readTls(options["tls"]) ?? tls,
  };
}

/** What the address of the server says. */
type Given = Pick<RedisSettings, "server" | "where"> &
  Partial<Pick<RedisSettings, "username" | "password" | "tls">>;

function readServer(options: Readonly<Record<string, unknown>>): Given {
  const [kind = "url", other] = SERVERS.filter((server) => options[server] !== undefined);
  if (other !== undefined) throw optionError(`redis.${other}`, options[other], `no value beside ${kind}`);
  const value = options[kind];
  if (kind === "url") return readUrl(value ?? DEFAULT_URL);
  if (kind === "socket") {
    const path = readText("socket", value);
    return { server: { kind, path }, where: path };
  }
  if (kind === "cluster") {
    const nodes = readNodes("cluster", value);
    return { server: { kind, nodes }, where: show(nodes) };
  }
  assertOptions("redis.sentinel", value, ["name", "nodes"], 'an object such as { name: "main", nodes: [] }');
  const nodes = readNodes("sentinel.nodes", value["nodes"]);
  const name = readText("sentinel.name", value["name"]);
  return { server: { kind: "sentinel", name, nodes }, where: `${name} of the Sentinels ${show(nodes)}` };
}

function readUrl(value: unknown): Given {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  const database = url === null ? "" : url.pathname.slice(1);
  if (
    url === null ||
    !/^rediss?:$/.test(url.protocol) ||
    url.hostname === "" ||
    !/^\d{0,5}$/.test(database)
  ) {
    const expected = "an address such as redis://127.0.0.1:6379, or rediss:// with TLS";
    // The text may hold a password, which must not appear in a message.
    throw optionError("redis.url", typeof value === "string" ? {} : value, expected);
  }
  return {
    server: {
      kind: "url",
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 6379),
      database: Number(database),
    },
    where: `${url.protocol}//${url.host}`,
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    tls: url.protocol === "rediss:" ? {} : undefined,
  };
}

function readNodes(option: string, value: unknown): readonly Address[] {
  const expected = 'a list of addresses such as ["10.0.0.1:6379"]';
  if (!Array.isArray(value) || value.length === 0) throw optionError(`redis.${option}`, value, expected);
  return value.map((node: unknown) => {
    const [, host, port] = typeof node === "string" ? (/^\[?([^\]/@]+?)\]?:(\d{1,5})$/.exec(node) ?? []) : [];
    if (host === undefined) throw optionError(`redis.${option}`, node, expected);
    return { host, port: Number(port) };
  });
}

function readTls(value: unknown): ConnectionOptions | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw optionError("redis.tls", value, "true, or options of tls.connect()");
  return value;
}

function readOptionalText(option: string, value: unknown): string | undefined {
  return value === undefined ? undefined : readText(option, value);
}

function readText(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  // A password must not appear in a message.
  throw optionError(`redis.${option}`, option === "password" ? {} : value, "a text");
}

function show(nodes: readonly Address[]): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(", ");
}
