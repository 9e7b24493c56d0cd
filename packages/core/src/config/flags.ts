/**
 * Flags: every per-request decision is one `&`. A family is a frozen object with one bit per line; each bit says
 * who claims it (the package that must be installed) and who reads it. Bits are set at registration and only
 * tested during a request.
 *
 * Bits 0-19 belong to Packetron, 20-30 are free for others; 31 would be the sign bit of a JavaScript integer.
 */

/** Flags of the whole server: `new Packetron({ flags })`. */
export const PacketronServerFlags: {
  /** Core: the constructor schedules `start()` for the next macrotask, so routes registered after it are served. */
  readonly START_IMMEDIATELY: number;
  /** Core: an unexpected error that no client caused stops the worker (it is replaced), or the server in one process. */
  readonly STOP_ON_ERROR: number;
  /** Core: a used port is not an error; the primary tries the following ones, 100 at most. */
  readonly TRY_NEXT_PORT: number;
  /** Core: nothing is logged, to a logger of your own neither; errors are still emitted as events. */
  readonly SILENCE_INTERNAL_LOGS: number;
  /** `@packetron/global-data`: values stay in their process, no file. */
  readonly NO_GLOBAL_DATA: number;
  /** Core: the serving process asks for a higher scheduling priority; a refusal is logged once. */
  readonly RAISE_PROCESS_PRIORITY: number;
  /** `@packetron/firewall`: the port is opened in the machine's firewall on start and closed on stop. */
  readonly OPEN_FIREWALL: number;
  /** Core: `/a/` and `/a` are one path. */
  readonly IGNORE_TRAILING_SLASH: number;
} = Object.freeze({
  START_IMMEDIATELY: 1 << 0,
  STOP_ON_ERROR: 1 << 1,
  TRY_NEXT_PORT: 1 << 2,
  SILENCE_INTERNAL_LOGS: 1 << 3,
  NO_GLOBAL_DATA: 1 << 4,
  RAISE_PROCESS_PRIORITY: 1 << 5,
  OPEN_FIREWALL: 1 << 6,
  IGNORE_TRAILING_SLASH: 1 << 7,
});

/** Flags of one route: `server.handle({ flags })`. */
export const PacketronHandlerFlags: {
  /** `@packetron/body-json`: `getBody()` gives the parsed JSON. */
  readonly JSON_BODY: number;
  /** Core: the body is left alone; `getBody()` gives `null` and the request is a stream for whoever reads it. */
  readonly DONT_USE_BODY: number;
  /** `@packetron/multipart`: files only, `getFiles()` gives their paths. */
  readonly FILE_UPLOAD: number;
  /** `@packetron/plugins`: the global plugins are skipped for this route. */
  readonly LOCAL_PLUGINS_ONLY: number;
  /** `@packetron/multipart`: `getBody()` gives the fields of an urlencoded or multipart form. */
  readonly FORM_DATA: number;
  /** `@packetron/body-xml`: `getBody()` gives the parsed XML. */
  readonly XML_BODY: number;
  /** `@packetron/body-text`: `getBody()` gives the body as a string. */
  readonly PLAIN_TEXT_BODY: number;
  /** `@packetron/multipart`: fields from `getBody()`, files from `getFiles()`. */
  readonly MULTIPART_FORM_DATA: number;
  /**
   * Core: a body that cannot be parsed is answered before the handler runs: with 400, with 415 for another type or
   * charset, with 413 for a form over one of the limits of `multipartOptions`. A file that was cut does not count.
   */
  readonly REJECT_INVALID_BODY: number;
  /** Core: the bytes are kept beside the parsed value, for `getRawBody()`. */
  readonly RAW_BODY: number;
  /** `@packetron/multipart`: a breached limit is answered with 413. */
  readonly REJECT_ON_LIMIT: number;
  /** `@packetron/multipart`: uploaded files are removed once the response is done. */
  readonly DELETE_FILES_AFTER_RESPONSE: number;
  /** Core: `:` and `*` in `routePath` are literal characters. */
  readonly EXACT_PATH: number;
} = Object.freeze({
  JSON_BODY: 1 << 0,
  DONT_USE_BODY: 1 << 1,
  FILE_UPLOAD: 1 << 2,
  LOCAL_PLUGINS_ONLY: 1 << 3,
  FORM_DATA: 1 << 4,
  XML_BODY: 1 << 5,
  PLAIN_TEXT_BODY: 1 << 6,
  MULTIPART_FORM_DATA: 1 << 7,
  REJECT_INVALID_BODY: 1 << 8,
  RAW_BODY: 1 << 9,
  REJECT_ON_LIMIT: 1 << 10,
  DELETE_FILES_AFTER_RESPONSE: 1 << 11,
  EXACT_PATH: 1 << 12,
});

/** Flags of served files: `server.serve({ flags })`. All of them belong to @packetron/static. */
export const PacketronFileRouterFlags: {
  /** Subdirectories are left out. */
  readonly NON_RECURSIVE: number;
  /** Files are reachable by their base name, directly under the prefix. */
  readonly NO_DIRECTORY_STRUCTURE: number;
  /** Set by `serveFile()` on its own route. */
  readonly USER_SPECIFIED_FILE: number;
  /** The global plugins are skipped for these files. */
  readonly LOCAL_PLUGINS_ONLY: number;
  /** Names that begin with a dot are served too; /.well-known/ is in any case. */
  readonly SERVE_DOTFILES: number;
  /** A directory answers with its index.html; without its slash it is redirected to it. */
  readonly INDEX_HTML: number;
  /** The ETag is a hash of the content instead of size and modification time. */
  readonly STRONG_ETAG: number;
} = Object.freeze({
  NON_RECURSIVE: 1 << 0,
  NO_DIRECTORY_STRUCTURE: 1 << 1,
  USER_SPECIFIED_FILE: 1 << 2,
  LOCAL_PLUGINS_ONLY: 1 << 3,
  SERVE_DOTFILES: 1 << 4,
  INDEX_HTML: 1 << 5,
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
