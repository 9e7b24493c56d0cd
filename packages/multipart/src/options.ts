/** The option `multipartOptions`: the limits of forms, the place of their files, and the checks of both. */
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { assertOptions, optionError } from "@packetron/core/capability";

/** What a part says about its file. The client chose all of it: never rely on it as a path or as a type. */
export interface FileInfo {
  /** The file name without directories, NFC-normalised; `""` when the part has none. Never use it as a path. */
  readonly filename: string;
  /** The Content-Transfer-Encoding. The bytes are stored as they arrived, without decoding. */
  readonly encoding: string;
  /** The declared media type in lower case; `"text/plain"` when the part has none (RFC 7578 section 4.4). */
  readonly mimeType: string;
}

/**
 * Takes over the stream of one file. What the hook returns, or resolves with, is the entry in `getFiles()`. When a file
 * exceeds `maxFileSize`, its stream ends with an error, so that the hook never takes a part of a file for the whole.
 */
export type FileHook = (fieldname: string, stream: Readable, info: FileInfo) => unknown;

/** The limits of one form. `Infinity` turns a limit off. A form of exactly the limit passes. */
export interface MultipartLimits {
  /**
   * Size of one file in bytes. A larger file is cut: its entry has `truncated: true`, and nothing of it stays on disk.
   * @default 104857600 (100 MiB)
   */
  maxFileSize: number;
  /**
   * Number of files. Further files are dropped.
   * @default 20
   */
  maxFiles: number;
  /**
   * Number of fields that are not files. Further fields are dropped.
   * @default 1000
   */
  maxFields: number;
  /**
   * Size of one field's value in bytes; the rest is cut off.
   * @default 1048576 (1 MiB)
   */
  maxFieldSize: number;
  /**
   * Size of one field's name in bytes; the rest is cut off.
   * @default 100
   */
  maxFieldNameSize: number;
  /**
   * Number of fields and files together. Further parts are dropped.
   * @default 1000
   */
  maxParts: number;
  /**
   * Number of header lines of one part. A form with more is not valid. busboy reads at most 16 KiB of them in any case.
   * @default 2000
   */
  maxHeaderPairs: number;
}

/** Options of a route (`multipartOptions`), and the defaults of a server (`multipart(options)`). */
export interface MultipartOptions extends Partial<MultipartLimits> {
  /**
   * The directory of uploaded files; relative paths start at the working directory. The first file creates it, with
   * mode 0700. Files that are still being received are in its subdirectory `partial/`.
   * @default `.packetroninternal-<uid>/files` in the operating system's directory of temporary files
   */
  fileStorageDirectory?: string;
  /**
   * Takes over the streams of files on routes with MULTIPART_FORM_DATA. A form of such a route is not written to disk.
   */
  onFile?: FileHook;
}

/** The options, with every default filled in. */
export interface MultipartSettings extends Readonly<MultipartLimits> {
  /**
   * The absolute path of the directory for uploaded files; `null` stands for the default, below the directory of
   * temporary files.
   */
  readonly fileStorageDirectory: string | null;
  readonly onFile: FileHook | null;
}

const MIB = 1024 * 1024;

/** The default of each option. */
export const defaultSettings: MultipartSettings = Object.freeze({
  maxFileSize: 100 * MIB,
  maxFiles: 20,
  maxFields: 1_000,
  maxFieldSize: MIB,
  maxFieldNameSize: 100,
  maxParts: 1_000,
  maxHeaderPairs: 2_000,
  fileStorageDirectory: null,
  onFile: null,
});

/**
 * Checks options and fills in defaults. An option that is `undefined` counts as absent.
 *
 * @param where The name of the options in error messages: `"multipartOptions"`.
 * @throws PKT_OPTION_INVALID naming the option, what arrived and what was expected; PKT_OPTION_UNKNOWN with the
 *   nearest name.
 */
export function resolveSettings(
  options: unknown,
  where: string,
  defaults: MultipartSettings = defaultSettings,
): MultipartSettings {
  assertOptions(where, options, Object.keys(defaultSettings), "an object such as { maxFileSize: 1048576 }");
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined) given[key] = readOption(key, value, where);
  }
  return Object.freeze({ ...defaults, ...given });
}

function readOption(key: string, value: unknown, where: string): unknown {
  const option = `${where}.${key}`;
  if (key === "onFile") {
    if (typeof value === "function") return value;
    throw optionError(option, value, "a function (fieldname, stream, info)");
  }
  if (key === "fileStorageDirectory") {
    if (typeof value === "string" && value !== "" && !value.includes("\0")) return resolve(value);
    throw optionError(option, value, "the path of a directory");
  }
  if (value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && Number(value) >= 0)) return value;
  throw optionError(option, value, "an integer from 0 on, or Infinity for no limit");
}
