/** The upload application for programs on bare `node:http`: busboy, the parser that most others have inside. */
import { createWriteStream } from "node:fs";
import { stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import busboy from "busboy";
import { makeUploadFolder } from "./_program.js";

const folder = makeUploadFolder();
let uploads = 0;

/** Writes the one file of the form to disk; resolves with its size when it is there, and deletes it. */
export function receiveFile(request) {
  return new Promise((resolve, reject) => {
    const form = busboy({ headers: request.headers });
    form.on("error", reject);
    form.on("file", (_name, stream) => resolve(store(stream)));
    request.pipe(form);
  });
}

/** Writes a stream to a file and gives its size, as `receiveFile()` does. */
export async function store(stream) {
  const path = join(folder, `upload-${uploads++}`);
  await pipeline(stream, createWriteStream(path));
  return measureAndDelete(path);
}

/** What every contestant does with the file in the end. */
export async function measureAndDelete(path) {
  const { size } = await stat(path);
  await unlink(path);
  return size;
}
