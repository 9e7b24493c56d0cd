/**
 * Flags: every per-request decision is one `&`. A family is a frozen object with one bit per line; each bit says
 * who claims it (the package that must be installed) and who reads it. Bits are set at registration and only
 * tested during a request.
 *
 * Bits 0-19 belong to Packetron, 20-30 are free for others; 31 would be the sign bit of a JavaScript integer.
 */

/** Flags of the whole server: `new Packetron({ flags })`. */
export const PacketronServerFlags: {
  readonly START_IMMEDIATELY: number;
  readonly STOP_ON_ERROR: number;
  readonly TRY_NEXT_PORT: number;
  readonly SILENCE_INTERNAL_LOGS: number;
  readonly NO_GLOBAL_DATA: number;
  readonly RAISE_PROCESS_PRIORITY: number;
  readonly OPEN_FIREWALL: number;
  readonly IGNORE_TRAILING_SLASH: number;
} = Object.freeze({
  /** Core: the constructor schedules `start()` for the next macrotask, so routes registered after it are served. */
  START_IMMEDIATELY: 1 << 0,
  /** Core: an unexpected error stops the worker (it is replaced), or the server when it runs in one process. */
  STOP_ON_ERROR: 1 << 1,
  /** Core: a used port is not an error; the primary tries the following ones, 100 at most. */
  TRY_NEXT_PORT: 1 << 2,
  /** Core: nothing is logged, to a logger of your own neither; errors are still emitted as events. */
  SILENCE_INTERNAL_LOGS: 1 << 3,
  /** @packetron/global-data: values stay in their process, no file. */
  NO_GLOBAL_DATA: 1 << 4,
  /** Core: the serving process asks for a higher scheduling priority; a refusal is logged once. */
  RAISE_PROCESS_PRIORITY: 1 << 5,
  /** @packetron/firewall: the port is opened in the machine's firewall on start and closed on stop. */
  OPEN_FIREWALL: 1 << 6,
  /** Core: `/a/` and `/a` are one path. */
  IGNORE_TRAILING_SLASH: 1 << 7,
});

/** Flags of one route: `server.handle({ flags })`. */
export const PacketronHandlerFlags: {
  readonly JSON_BODY: number;
  readonly DONT_USE_BODY: number;
  readonly FILE_UPLOAD: number;
  readonly LOCAL_PLUGINS_ONLY: number;
  readonly FORM_DATA: number;
  readonly XML_BODY: number;
  readonly PLAIN_TEXT_BODY: number;
  readonly MULTIPART_FORM_DATA: number;
  readonly REJECT_INVALID_BODY: number;
  readonly RAW_BODY: number;
  readonly REJECT_ON_LIMIT: number;
  readonly DELETE_FILES_AFTER_RESPONSE: number;
  readonly EXACT_PATH: number;
} = Object.freeze({
  /** @packetron/body-json: `getBody()` gives the parsed JSON. */
  JSON_BODY: 1 << 0,
  /** Core: the body is left alone; `getBody()` gives `null` and the request is a stream for whoever reads it. */
  DONT_USE_BODY: 1 << 1,
  /** @packetron/multipart: files only, `getFiles()` gives their paths. */
  FILE_UPLOAD: 1 << 2,
  /** @packetron/plugins: the global plugins are skipped for this route. */
  LOCAL_PLUGINS_ONLY: 1 << 3,
  /** @packetron/multipart: `getBody()` gives the fields of an urlencoded or multipart form. */
  FORM_DATA: 1 << 4,
  /** @packetron/body-xml: `getBody()` gives the parsed XML. */
  XML_BODY: 1 << 5,
  /** @packetron/body-text: `getBody()` gives the body as a string. */
  PLAIN_TEXT_BODY: 1 << 6,
  /** @packetron/multipart: fields from `getBody()`, files from `getFiles()`. */
  MULTIPART_FORM_DATA: 1 << 7,
  /** Core: a body that cannot be parsed is answered with 400 (or 415) before the handler sees it. */
  REJECT_INVALID_BODY: 1 << 8,
  /** Core: the bytes are kept beside the parsed value, for `getRawBody()`. */
  RAW_BODY: 1 << 9,
  /** @packetron/multipart: a breached limit is answered with 413. */
  REJECT_ON_LIMIT: 1 << 10,
  /** @packetron/multipart: uploaded files are removed once the response is done. */
  DELETE_FILES_AFTER_RESPONSE: 1 << 11,
  /** Core: `:` and `*` in `routePath` are literal characters. */
  EXACT_PATH: 1 << 12,
});

/** Flags of served files: `server.serve({ flags })`. All of them belong to @packetron/static. */
export const PacketronFileRouterFlags: {
  readonly NON_RECURSIVE: number;
  readonly NO_DIRECTORY_STRUCTURE: number;
  readonly USER_SPECIFIED_FILE: number;
  readonly LOCAL_PLUGINS_ONLY: number;
  readonly SERVE_DOTFILES: number;
  readonly INDEX_HTML: number;
  readonly STRONG_ETAG: number;
} = Object.freeze({
  /** Subdirectories are left out. */
  NON_RECURSIVE: 1 << 0,
  /** Files are reachable by their base name, directly under the prefix. */
  NO_DIRECTORY_STRUCTURE: 1 << 1,
  /** Set by `serveFile()` on its own route. */
  USER_SPECIFIED_FILE: 1 << 2,
  /** The global plugins are skipped for these files. */
  LOCAL_PLUGINS_ONLY: 1 << 3,
  /** Names that begin with a dot are served too. */
  SERVE_DOTFILES: 1 << 4,
  /** A directory answers with its index.html. */
  INDEX_HTML: 1 << 5,
  /** The ETag is a hash of the content instead of size and modification time. */
  STRONG_ETAG: 1 << 6,
});

/** The three families of flags; a capability claims its bits in one of them. */
export type FlagFamily = "server" | "handler" | "file";

/** The name of every reserved bit: family, then bit value, then name. Capabilities add theirs to their own server. */
export const flagNames: Readonly<Record<FlagFamily, ReadonlyMap<number, string>>> = Object.freeze({
  server: nameTable(PacketronServerFlags),
  handler: nameTable(PacketronHandlerFlags),
  file: nameTable(PacketronFileRouterFlags),
});

/** The public object of each family, for messages. */
export const flagObjects: Readonly<Record<FlagFamily, string>> = Object.freeze({
  server: "PacketronServerFlags",
  handler: "PacketronHandlerFlags",
  file: "PacketronFileRouterFlags",
});

/**
 * Turns a number into words: `describeFlags("handler", 513)` gives `"JSON_BODY | RAW_BODY"`. Unknown bits appear
 * as `1 << n`, no bit as `"none"`.
 *
 * @param names The table to read; by default the reserved bits of the family.
 * @example
 * describeFlags("server", PacketronServerFlags.TRY_NEXT_PORT); // "TRY_NEXT_PORT"
 */
export function describeFlags(
  family: FlagFamily,
  flags: number,
  names: ReadonlyMap<number, string> = flagNames[family],
): string {
  const words = splitBits(flags).map((bit) => names.get(bit) ?? `1 << ${31 - Math.clz32(bit)}`);
  return words.join(" | ") || "none";
}

/** The single bits of a bit field, lowest first: `splitBits(5)` gives `[1, 4]`. */
export function splitBits(flags: number): number[] {
  const bits: number[] = [];
  for (let rest = flags; rest !== 0; rest &= rest - 1) bits.push(rest & -rest);
  return bits;
}

function nameTable(family: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(family).map(([name, bit]) => [bit, name]));
}
