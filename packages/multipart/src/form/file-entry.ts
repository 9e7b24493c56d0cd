/** What `getFiles()` shows of a file on a route with MULTIPART_FORM_DATA. */
import type { FileInfo } from "../options.ts";

/** A file that is on disk. */
export interface StoredFile extends FileInfo {
  /** Absolute path, below `fileStorageDirectory`. Yours to move or delete. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly truncated: false;
}

/** A file over `maxFileSize`: nothing of it is on disk. */
export interface CutFile extends FileInfo {
  readonly path: null;
  /** Bytes that came in, those behind the limit included. */
  readonly size: number;
  readonly truncated: true;
}

/**
 * A file of a form, as `getFiles()` gives it; several under one name are an array.
 *
 * @example
 * const { avatar } = await request.getFiles<{ avatar?: UploadedFile }>();
 * if (avatar?.truncated) return response.sendStatusCode(413);
 */
export type UploadedFile = StoredFile | CutFile;

/** The entry of a file; `path` is `null` for one that was cut. */
export function createFileEntry(path: string | null, size: number, info: FileInfo): UploadedFile {
  const { filename, encoding, mimeType } = info;
  return path === null
    ? { path, filename, encoding, mimeType, size, truncated: true }
    : { path, filename, encoding, mimeType, size, truncated: false };
}
