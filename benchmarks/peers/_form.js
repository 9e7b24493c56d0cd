/** The upload application for programs on bare `node:http`. It uses busboy, like most other contestants. */
import { createWriteStream } from "node:fs";
import { stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import busboy from "busboy";
import { makeUploadFolder } from "./_program.js";

const folder = makeUploadFolder();
let uploads = 0;

/** Writes the only file of the form to disk, resolves to its size, and deletes it. */
export function receiveFile(request) {
  return new Promise((resolve, reject) => {
    const form = busboy({ headers: request.headers });
    form.on("error", reject);
    form.on("file", (_name, stream) => resolve(store(stream)));
    request.pipe(form);
  });
}

/** Writes a stream to a file, resolves to its size, and deletes the file. */
export async function store(stream) {
  const path = join(folder, `upload-${uploads++}`);
  await pipeline(stream, createWriteStream(path));
  return measureAndDelete(path);
}

/** Returns the size of the received file and deletes it, like every contestant. */
export async function measureAndDelete(path) {
  const { size } = await stat(path);
  await unlink(path);
  return size;
}
