/** A scenario with one large file in a form, like that of browsers. */
import type { UploadScenario } from "./scenario.ts";

const BOUNDARY = "----WebKitFormBoundaryAbCdEfGhIjKlMnOp";
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
const TAIL = `\r\n--${BOUNDARY}--\r\n`;

const SMALL = "0123456789".repeat(100);

export const upload: UploadScenario = {
  kind: "upload",
  name: "upload-256m",
  title: "Upload of 256 MB",
  about:
    "A form with one file of random bytes. The contestant writes it to a file, answers with its size and deletes it. node:http has busboy for it.",
  application: "upload",
  requests: [
    { method: "POST", path: "/upload", headers: { "Content-Type": TYPE }, body: HEAD + SMALL + TAIL },
  ],
  path: "/upload",
  bytes: 256 * 1024 * 1024,
  form: { type: TYPE, head: HEAD, tail: TAIL },
  expected: { status: 200, body: JSON.stringify({ size: SMALL.length }), mediaType: "application/json" },
};
