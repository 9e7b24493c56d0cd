/** The entries that `getFiles()` returns on a route with MULTIPART_FORM_DATA. */
import type { FileInfo } from "../options.ts";

/** The entry of an uploaded file that is stored on disk. */
export interface StoredFile extends FileInfo {
  /** The absolute path of the file, below `fileStorageDirectory`. The handler may move or delete the file. */
  readonly path: string;
  /** Size of the file in bytes. */
  readonly size: number;
  readonly truncated: false;
}

/** The entry of a file that exceeds `maxFileSize`. Nothing of the file stays on disk. */
export interface CutFile extends FileInfo {
  readonly path: null;
  /** Number of bytes received, including the bytes after the limit, which were dropped. */
  readonly size: number;
  readonly truncated: true;
}

/**
 * The entry of one file in `getFiles()`. Several files of one name are an array of entries.
 *
 * @example
 * const { avatar } = await request.getFiles<{ avatar?: UploadedFile }>();
 * if (avatar?.truncated) return response.sendStatusCode(413);
 */
export type UploadedFile = StoredFile | CutFile;

/** Creates the entry of a file. A `path` of `null` stands for a file that was cut at `maxFileSize`. */
export function createFileEntry(path: string | null, size: number, info: FileInfo): UploadedFile {
  const { filename, encoding, mimeType } = info;
  return path === null
    ? { path, filename, encoding, mimeType, size, truncated: true }
    : { path, filename, encoding, mimeType, size, truncated: false };
}
