/** Finds a file with its compressed copies, and collects the metadata that the headers of an answer need. */
import { contentTypeOf } from "../mime-types.ts";
import { type FoundFile, findFile } from "./open.ts";
import { Representation, strongTag, weakTag } from "./representation.ts";

/** A file that can be sent: the plain file, and compressed copies of the file, if they exist on disk. */
export interface ServedFile {
  /** The path of the file on disk, before links are resolved. */
  readonly path: string;
  readonly contentType: string;
  /** Whether clients may request ranges. */
  readonly acceptRanges: boolean;
  readonly cacheControl: string | undefined;
  /** Whether the answer is a redirect to the path with a slash: the file is the index of a directory. */
  readonly redirects: boolean;
  /** The file without a content coding. */
  readonly plain: Representation;
  /** The compressed copies of the file, such as `app.js.br` for `app.js`. */
  readonly encoded: readonly Representation[];
}

/** Options for the headers that describe files. */
export interface Description {
  /** The kind of ETag: weak (from size and modification time), strong (hash of the content), or none. */
  readonly tag: "weak" | "strong" | "none";
  /** Whether answers have Last-Modified. */
  readonly dated: boolean;
  readonly acceptRanges: boolean;
  /** Returns the Cache-Control of a file for its path and its root directory. */
  readonly cacheControl: (path: string, root: string | null) => string | undefined;
}

/** Options of {@link lookAtFile}. */
export interface LookOptions extends Description {
  /** The canonical directory that the file must be in; `null` if the file may be anywhere. */
  readonly root: string | null;
  /** Whether compressed copies next to the file, such as `app.js.br` for `app.js`, are used. */
  readonly precompressed: boolean;
}

/** The extension that a compressed copy appends to the name of its file, and the content coding of the copy. */
const CODINGS: readonly (readonly [extension: string, coding: string])[] = [
  [".br", "br"],
  [".zst", "zstd"],
  [".gz", "gzip"],
];

/**
 * How much older than its file a compressed copy may be, in milliseconds. Two files from a ZIP archive can differ by so
 * much, because ZIP archives store times in steps of two seconds.
 */
const SIBLING_TOLERANCE = 2_000;

/**
 * Finds a file and its compressed copies, and reads their metadata.
 *
 * @param old The last result for the path. Files that have not changed keep their ETags and their cached content.
 * @returns `null` when the path has no file that may be sent.
 */
export async function lookAtFile(
  path: string,
  options: LookOptions,
  old: ServedFile | null,
): Promise<ServedFile | null> {
  const found = await findFile(path, options.root, old?.plain);
  if (found === null || differsInCase(found.path, path)) return null;
  const [plain, ...encoded] = await Promise.all([
    represent(found, null, options, old?.plain),
    ...(options.precompressed ? CODINGS : []).map(async ([extension, coding]) => {
      const before = old?.encoded.find(({ encoding }) => encoding === coding);
      const sibling = await findFile(path + extension, options.root, before);
      // A compressed copy that is older than the file was made from an earlier version of the file.
      if (sibling === null || sibling.version.modified + SIBLING_TOLERANCE < found.version.modified)
        return null;
      return represent(sibling, coding, options, before);
    }),
  ]);
  return {
    path,
    contentType: contentTypeOf(path),
    acceptRanges: options.acceptRanges,
    cacheControl: options.cacheControl(path, options.root),
    redirects: false,
    plain,
    encoded: encoded.filter((form) => form !== null),
  };
}

/** Returns the plain form of a file and all its compressed copies. */
export function formsOf(file: ServedFile): readonly Representation[] {
  return file.encoded.length === 0 ? [file.plain] : [file.plain, ...file.encoded];
}

async function represent(
  found: FoundFile,
  encoding: string | null,
  { tag, dated }: Description,
  old: Representation | undefined,
): Promise<Representation> {
  if (found === old) return old;
  if (tag === "none") return new Representation(found, encoding, null, dated);
  const etag = tag === "strong" ? await strongTag(found) : weakTag(found.version, encoding);
  return new Representation(found, encoding, etag, dated);
}

/**
 * Whether a path differs from the canonical path only in upper and lower case. Attack: on a file system that ignores
 * case, `/Private` would open `/private`, and bypass a plugin that protects `/private`.
 */
function differsInCase(canonical: string, asked: string): boolean {
  return canonical !== asked && canonical.toLowerCase() === asked.toLowerCase();
}
