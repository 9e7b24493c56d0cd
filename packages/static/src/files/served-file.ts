/** A file with everything that is known about it before its bytes are read. */
import { contentTypeOf } from "../mime-types.ts";
import { type FoundFile, findFile } from "./open.ts";
import { Representation, strongTag, weakTag } from "./representation.ts";

/** A file that can be sent, in one form or several. */
export interface ServedFile {
  /** The path on disk, before links are resolved. */
  readonly path: string;
  readonly contentType: string;
  /** Whether clients may request ranges. */
  readonly acceptRanges: boolean;
  readonly cacheControl: string | undefined;
  /** Whether the file is the index of a directory that was requested without its slash. If so, the answer is a redirect. */
  readonly redirects: boolean;
  /** The file without a content coding. */
  readonly plain: Representation;
  /** The precompressed siblings of the file. */
  readonly encoded: readonly Representation[];
}

/** Options for the headers that describe files. */
export interface Description {
  /** Kind of the entity tags: weak (size and time), strong (hash of the content), or none. */
  readonly tag: "weak" | "strong" | "none";
  /** Whether answers have Last-Modified. */
  readonly dated: boolean;
  readonly acceptRanges: boolean;
  /** Returns the Cache-Control of a file for its path and its root directory. */
  readonly cacheControl: (path: string, root: string | null) => string | undefined;
}

/** Options of {@link lookAtFile}. */
export interface LookOptions extends Description {
  /** The canonical directory that the file must be in; `null` for anywhere. */
  readonly root: string | null;
  /** Whether precompressed siblings such as `app.js.br` are used. */
  readonly precompressed: boolean;
}

/** Content codings by the file extension of a precompressed sibling. */
const CODINGS: readonly (readonly [extension: string, coding: string])[] = [
  [".br", "br"],
  [".zst", "zstd"],
  [".gz", "gzip"],
];

/**
 * How much older than its file a precompressed sibling may be, in milliseconds. ZIP archives store times in steps of
 * two seconds.
 */
const SIBLING_TOLERANCE = 2_000;

/**
 * Finds a file and its precompressed siblings, and reads their metadata.
 *
 * @param old The last result. Representations that have not changed keep their tags and their cached content.
 * @returns `null` when there is not a file that may be sent.
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
      // An older sibling was made from an earlier version of the file.
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

/** All representations of a file. */
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

/** Whether a path differs from the canonical one in case. Attack: another spelling of a name could bypass a plugin. */
function differsInCase(canonical: string, asked: string): boolean {
  return canonical !== asked && canonical.toLowerCase() === asked.toLowerCase();
}
