/** A file with everything that is known about it before its bytes are read. */
import { contentTypeOf } from "../mime-types.ts";
import { type FoundFile, findFile } from "./open.ts";
import { Representation, strongTag, weakTag } from "./representation.ts";

/** A file that can be sent, in one form or several. */
export interface ServedFile {
  /** On disk, as it was looked for. */
  readonly path: string;
  readonly contentType: string;
  /** Whether parts of it can be asked for. */
  readonly acceptRanges: boolean;
  readonly cacheControl: string | undefined;
  /** Whether it is the index of a directory that was asked for without its slash: the answer is a redirect. */
  readonly redirects: boolean;
  /** The file as it is. */
  readonly plain: Representation;
  /** Its precompressed siblings. */
  readonly encoded: readonly Representation[];
}

/** What is said of files in the heads of their answers. */
export interface Description {
  /** Of what tags are made: size and time, the content, or nothing. */
  readonly tag: "weak" | "strong" | "none";
  /** Whether the time of the last change is given. */
  readonly dated: boolean;
  readonly acceptRanges: boolean;
  /** The Cache-Control of a file, by its path, and the directory that it has to be in. */
  readonly cacheControl: (path: string, root: string | null) => string | undefined;
}

/** How files are looked at. */
export interface LookOptions extends Description {
  /** The canonical directory that they have to be in; `null` for anywhere. */
  readonly root: string | null;
  /** Whether siblings such as `app.js.br` count. */
  readonly precompressed: boolean;
}

/** Content codings by the extension of a sibling. */
const CODINGS: readonly (readonly [extension: string, coding: string])[] = [
  [".br", "br"],
  [".zst", "zstd"],
  [".gz", "gzip"],
];

/** How much older than its file a sibling may be, in milliseconds: archives keep times in steps of 2 s. */
const SIBLING_TOLERANCE = 2_000;

/**
 * Looks at a file and its siblings.
 *
 * @param old What was found the last time: forms that have not changed stay, with their tags and their cached content.
 * @returns `null` when there is no file that may be sent.
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
      // One that is older was made from an earlier version of the file.
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

/** All forms of a file. */
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

/** A file system that ignores case would give a file several names, and only one of them may have a plugin in front. */
function differsInCase(canonical: string, asked: string): boolean {
  return canonical !== asked && canonical.toLowerCase() === asked.toLowerCase();
}
