/** The option `multipartOptions`: what a form may bring, where its files go, and the checks of both. */
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { assertOptions, optionError } from "@packetron/core";

/** What a part says about its file. All of it is the client's word: none of it is a path, a type or a size to rely on. */
export interface FileInfo {
  /** The file name without directories, NFC-normalised; `""` when the part has none. Text only: never use it as a path. */
  readonly filename: string;
  /** The Content-Transfer-Encoding; the bytes are kept as they came. */
  readonly encoding: string;
  /** The declared media type, lower case, `"text/plain"` when there is none (RFC 7578 section 4.4). */
  readonly mimeType: string;
}

/**
 * Takes over the stream of one file; what it returns, or resolves with, stands in `getFiles()`. A file over
 * `maxFileSize` ends the stream with an error, so that a part is never taken for the whole.
 */
export type FileHook = (fieldname: string, stream: Readable, info: FileInfo) => unknown;

/** The limits of one form. `Infinity` turns a limit off; a form of exactly a limit passes. */
export interface MultipartLimits {
  /**
   * Size of one file in bytes. A larger one is cut: its entry has `truncated: true`, and nothing of it stays on disk.
   * @default 104857600 (100 MiB)
   */
  maxFileSize: number;
  /**
   * Files; the ones behind are dropped.
   * @default 20
   */
  maxFiles: number;
  /**
   * Fields that are not files; the ones behind are dropped.
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
   * Fields and files together; the ones behind are dropped.
   * @default 1000
   */
  maxParts: number;
  /**
   * Header lines of one part; a form with more is not valid. busboy takes 16 KiB of them in any case.
   * @default 2000
   */
  maxHeaderPairs: number;
}

/** Options of a route (`multipartOptions`), and the defaults of a server (`multipart(options)`). */
export interface MultipartOptions extends Partial<MultipartLimits> {
  /**
   * Where uploaded files go; relative paths start at the working directory. Made with mode 0700 when it is first
   * needed. Files under way are in `partial/` inside it.
   * @default `.packetroninternal-<uid>/files` in the operating system's directory of temporary files
   */
  fileStorageDirectory?: string;
  /** Takes over the streams of files on routes with MULTIPART_FORM_DATA, so that nothing is written to disk. */
  onFile?: FileHook;
}

/** Options with every default filled in. */
export interface MultipartSettings extends Readonly<MultipartLimits> {
  /** Absolute; `null` is the directory of temporary files. */
  readonly fileStorageDirectory: string | null;
  readonly onFile: FileHook | null;
}

const MIB = 1024 * 1024;

/** What holds where nothing is said. */
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
 * Checks options and fills in what they leave out; `undefined` counts as absent.
 *
 * @param where How messages call the options: `"multipartOptions"`.
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
