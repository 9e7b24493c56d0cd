/** The file system calls of this package in one interface, so that tests can inject faults. */
import type { Stats } from "node:fs";
import { fs, util } from "../node-modules.ts";

/** The file system calls that this package makes. */
export interface FileSystem {
  open(path: string, flags: number, mode: number): Promise<number>;
  /** Appends chunks with one write, which may write only some bytes. A callback is faster here than a promise. */
  append(fd: number, chunks: readonly Buffer[], done: (error: Error | null, written: number) => void): void;
  close(fd: number): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, options: { readonly recursive?: boolean; readonly mode: number }): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  lstat(path: string): Promise<Stats>;
  readdir(path: string): Promise<string[]>;
}

/** The file system of Node. */
export const nodeFileSystem: FileSystem = {
  open: util.promisify(fs.open),
  append(fd, chunks, done) {
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) fs.write(fd, first, 0, first.length, null, done);
    else fs.writev(fd, chunks, done);
  },
  close: util.promisify(fs.close),
  link: (existing, path) => fs.promises.link(existing, path),
  rename: (from, to) => fs.promises.rename(from, to),
  unlink: (path) => fs.promises.unlink(path),
  mkdir: (path, options) => fs.promises.mkdir(path, options),
  rmdir: (path) => fs.promises.rmdir(path),
  lstat: (path) => fs.promises.lstat(path),
  readdir: (path) => fs.promises.readdir(path),
};
