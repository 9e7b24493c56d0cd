/**
 * Flags are bits that a program sets when it makes a server or adds a route, so that each decision during a request is
 * one `&`.
 *
 * A family of flags is a frozen object with one bit per line, in which an unknown name is an error. The comment of each
 * bit names the package that implements it; that package must be installed. Bits 0-19 belong to Packetron, bits 20-30
 * are free for packages of other authors. Bit 31 would be the sign bit of a JavaScript integer.
 */
import { defineConstants } from "../errors/define-constants.ts";

/**
 * The type of the flags of one family: `FlagsOf<"handler">` for the flags of a route. TypeScript refuses a single flag
 * of another family, whose bit would mean something else there. It accepts a sum (`|`) and any other number, so a sum of
 * flags of two families is not noticed. `__family` exists in the type only.
 *
 * @example
 * export const TSV_BODY: FlagsOf<"handler"> = 1 << 20;
 */
export type FlagsOf<Family extends FlagFamily> = number & { readonly __family?: Family };

/** Flags of the whole server: `new Packetron({ flags })`. */
export const PacketronServerFlags: {
  /** Core: the constructor schedules `start()` with `setImmediate()`, so that routes registered after it are served. */
  readonly START_IMMEDIATELY: FlagsOf<"server">;
  /**
   * Core: an unexpected error that no client caused stops the worker, which is then replaced. With one process, the
   * error stops the server. A shortage of file descriptors or disk space stops neither, because clients can cause it.
   */
  readonly STOP_ON_ERROR: FlagsOf<"server">;
  /**
   * Core: if the port is in use, the primary tries the following port numbers. It tries 100 ports at most, the first
   * included.
   */
  readonly TRY_NEXT_PORT: FlagsOf<"server">;
  /** Core: no log lines, not even to a logger of your own. The server still emits `error` events. */
  readonly SILENCE_INTERNAL_LOGS: FlagsOf<"server">;
  /** `@packetron/global-data`: each process keeps its own values, which are neither shared nor written to a file. */
  readonly NO_GLOBAL_DATA: FlagsOf<"server">;
  /** Core: each serving process asks the system for a higher scheduling priority. A refusal is logged once. */
  readonly RAISE_PROCESS_PRIORITY: FlagsOf<"server">;
  /** `@packetron/firewall`: opens the port in the machine's firewall on start, and closes it on stop. */
  readonly OPEN_FIREWALL: FlagsOf<"server">;
  /** Core: `/a/` and `/a` are the same path. */
  readonly IGNORE_TRAILING_SLASH: FlagsOf<"server">;
} = defineConstants("PacketronServerFlags", {
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
  readonly JSON_BODY: FlagsOf<"handler">;
  /** Core: does not read the body. `getBody()` gives `null`, and the handler may read the request as a stream. */
  readonly DONT_USE_BODY: FlagsOf<"handler">;
  /** `@packetron/multipart`: accepts files only; `getFiles()` gives their paths. */
  readonly FILE_UPLOAD: FlagsOf<"handler">;
  /** `@packetron/plugins`: requests of this route skip the plugins that apply to all routes. */
  readonly LOCAL_PLUGINS_ONLY: FlagsOf<"handler">;
  /** `@packetron/multipart`: `getBody()` gives the fields of an urlencoded or multipart form. */
  readonly FORM_DATA: FlagsOf<"handler">;
  /** `@packetron/body-xml`: `getBody()` gives the parsed XML. */
  readonly XML_BODY: FlagsOf<"handler">;
  /** `@packetron/body-text`: `getBody()` gives the body as a string. */
  readonly PLAIN_TEXT_BODY: FlagsOf<"handler">;
  /** `@packetron/multipart`: `getBody()` gives the fields of a form, and `getFiles()` its files. */
  readonly MULTIPART_FORM_DATA: FlagsOf<"handler">;
  /**
   * Core: parses the body before the handler runs, and answers a request with an invalid body itself: with 400, or with
   * 415 for another media type or charset than the route reads. A form over a limit of `multipartOptions` gets 413. A
   * truncated file does not make the body invalid.
   */
  readonly REJECT_INVALID_BODY: FlagsOf<"handler">;
  /** Core: keeps the bytes of the body beside the parsed value, for `getRawBody()`. */
  readonly RAW_BODY: FlagsOf<"handler">;
  /** `@packetron/multipart`: answers a form that exceeds a limit of `multipartOptions` with 413. */
  readonly REJECT_ON_LIMIT: FlagsOf<"handler">;
  /** `@packetron/multipart`: removes uploaded files once the response has ended. */
  readonly DELETE_FILES_AFTER_RESPONSE: FlagsOf<"handler">;
  /** Core: `:` and `*` in `routePath` are literal characters. */
  readonly EXACT_PATH: FlagsOf<"handler">;
  /**
   * Core: sends what the handler returns, or what its promise resolves with, as `response.send()` does: an object or an
   * array as JSON, a string as text, bytes as `application/octet-stream`. Not sent: `undefined`, an instance of a class
   * such as a timer, and what a handler returns that has answered itself.
   */
  readonly SEND_RETURN_VALUE: FlagsOf<"handler">;
} = defineConstants("PacketronHandlerFlags", {
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
  SEND_RETURN_VALUE: 1 << 13,
});

/** Flags of served files: `server.serve({ flags })`. All of them belong to @packetron/static. */
export const PacketronFileRouterFlags: {
  /** Serves the files of the directory itself, but no files of its subdirectories. */
  readonly NON_RECURSIVE: FlagsOf<"file">;
  /** Files are reachable by their base name, directly under the prefix. */
  readonly NO_DIRECTORY_STRUCTURE: FlagsOf<"file">;
  /** The route serves a single file. `serveFile()` sets this flag; programs need not set it. */
  readonly USER_SPECIFIED_FILE: FlagsOf<"file">;
  /** Requests of these files skip the plugins that apply to all routes. */
  readonly LOCAL_PLUGINS_ONLY: FlagsOf<"file">;
  /** Also serves files whose names begin with a dot. `/.well-known/` is served without the flag. */
  readonly SERVE_DOTFILES: FlagsOf<"file">;
  /**
   * A request for a directory gets its `index.html`. A path without a trailing slash redirects to the path with the
   * slash, unless the server has IGNORE_TRAILING_SLASH.
   */
  readonly INDEX_HTML: FlagsOf<"file">;
  /** The ETag is a hash of the file's content, instead of its size and modification time. */
  readonly STRONG_ETAG: FlagsOf<"file">;
} = defineConstants("PacketronFileRouterFlags", {
  NON_RECURSIVE: 1 << 0,
  NO_DIRECTORY_STRUCTURE: 1 << 1,
  USER_SPECIFIED_FILE: 1 << 2,
  LOCAL_PLUGINS_ONLY: 1 << 3,
  SERVE_DOTFILES: 1 << 4,
  INDEX_HTML: 1 << 5,
  STRONG_ETAG: 1 << 6,
});

/**
 * The three families of flags. A capability (a feature that a package adds to the server) reserves bits in a family.
 */
export type FlagFamily = "server" | "handler" | "file";

/**
 * The name of every bit that Packetron reserves, by family and bit value. Names of bits that capabilities add are kept
 * by the server.
 */
export const flagNames: Readonly<Record<FlagFamily, ReadonlyMap<number, string>>> = Object.freeze({
  server: nameTable(PacketronServerFlags),
  handler: nameTable(PacketronHandlerFlags),
  file: nameTable(PacketronFileRouterFlags),
});

/** The name of the public object with the flags of each family, for error messages. */
export const flagObjects: Readonly<Record<FlagFamily, string>> = Object.freeze({
  server: "PacketronServerFlags",
  handler: "PacketronHandlerFlags",
  file: "PacketronFileRouterFlags",
});

/**
 * Describes a bit field in words: `describeFlags("handler", 513)` gives `"JSON_BODY | RAW_BODY"`. An unknown bit appears
 * as `1 << n`; 0 gives `"none"`.
 *
 * @param names The name of each bit; by default the reserved bits of the family.
 * @example
 * describeFlags("server", PacketronServerFlags.TRY_NEXT_PORT); // "TRY_NEXT_PORT"
 */
export function describeFlags<Family extends FlagFamily>(
  family: Family,
  flags: FlagsOf<NoInfer<Family>>,
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
