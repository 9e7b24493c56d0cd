/** Answers a request with a file. The bytes come from memory if they are cached, otherwise from disk. */
import { PacketronResponse } from "@packetron/core/capability";
import { staticError } from "../errors.ts";
import type { ContentCache } from "../files/content-cache.ts";
import { type OpenFile, openFile } from "../files/open.ts";
import { Representation, weakTag } from "../files/representation.ts";
import type { FileVersion } from "../files/version.ts";
import { chooseEncoding } from "../http/accept-encoding.ts";
import { writeHead } from "./head.ts";
import { type Body, bodyOf } from "./parts.ts";
import { type Exchange, type Plan, planAnswer } from "./plan.ts";
import { isRefusal, refuseFile } from "./refuse-file.ts";
import { transfer } from "./transfer.ts";

/** A request, its response, the file to send, and the Content-Disposition of the answer (`null` for none). */
export interface Sending extends Exchange {
  readonly disposition: string | null;
}

/**
 * Answers with a file. The function answers synchronously when the answer has no body, or its bytes are in the cache.
 *
 * @returns A promise if the file must be read: resolves when the answer is sent, or the client has disconnected.
 * @throws PKT_STATIC_NOT_FOUND when the file has vanished; PKT_STATIC_READ when it cannot be opened.
 */
export function answerFile(sending: Sending, contents: ContentCache): void | Promise<void> {
  const { request, response, file } = sending;
  const form = response.hasHeader("Content-Encoding")
    ? file.plain // the handler has set the coding of the file itself
    : chooseEncoding(request.headers["accept-encoding"], file.plain, file.encoded);
  const plan = planAnswer(sending, form);
  if (isRefusal(plan)) return refuseFile(sending, form, plan);
  if (isBodiless(sending, plan)) return sendHead(sending, form, plan);
  const content = contents.read(form);
  if (content === null) return streamFile(sending, form);
  if (!(content instanceof Promise)) return sendBuffer(sending, form, plan, content);
  return content.then((bytes) =>
    bytes === null ? streamFile(sending, form) : sendBuffer(sending, form, plan, bytes),
  );
}

/** Sends the whole file as the body of a response whose head the handler has already sent with `writeHead()`. */
export async function sendAfterHead({ request, response, file }: Sending): Promise<void> {
  const { handle, version } = await openForm(file.plain);
  try {
    await transfer(handle, bodyOf([], version.size, "").pieces, request, response);
  } finally {
    await handle.close();
  }
}

async function streamFile(sending: Sending, form: Representation): Promise<void> {
  const { request, response } = sending;
  const { handle, version } = await openForm(form);
  try {
    if (isTaken(response) || request.signal.aborted) return;
    // From here on, the open file is sent, even if its path now names another file.
    const current = version.identity === form.version.identity ? form : renew(form, version);
    const plan = planAnswer(sending, current);
    if (isRefusal(plan)) return refuseFile(sending, current, plan);
    if (isBodiless(sending, plan)) return sendHead(sending, current, plan);
    const { pieces, length } = startBody(sending, current, plan);
    response.setHeader("Content-Length", length);
    await transfer(handle, pieces, request, response);
  } finally {
    await handle.close();
  }
}

async function openForm(form: Representation): Promise<OpenFile> {
  const opened = await openFile(form);
  if (opened === null) throw staticError("PKT_STATIC_NOT_FOUND", { call: "Sending a file", path: form.path });
  return opened;
}

/**
 * Returns the representation (the bytes and their metadata) of a file that has changed since its last check. A strong
 * ETag is omitted, because its hash would need a second read of the file. A weak ETag is computed again.
 */
function renew(
  { path, root, encoding, etag, lastModified }: Representation,
  version: FileVersion,
): Representation {
  const tag = etag?.startsWith("W/") === true ? weakTag(version, encoding) : null;
  return new Representation({ path, root, version }, encoding, tag, lastModified !== null);
}

/** Whether the answer has no body: the request is a HEAD, or the status never has content from the file. */
function isBodiless({ request, response }: Sending, plan: Plan): boolean {
  const status = plan.status ?? response.statusCode;
  return request.method === "HEAD" || status < 200 || [204, 205, 304].includes(status);
}

/** Whether other code has sent a head, or the client has disconnected, while the file was being opened or read. */
function isTaken(response: PacketronResponse): boolean {
  return response.destroyed || response.headersSent;
}

/** The unwrapped `send()` of core: a plugin that wraps `response.send()` does not expect the content of a file. */
const { send } = PacketronResponse.prototype;

function sendHead({ request, response, file, disposition }: Sending, form: Representation, plan: Plan): void {
  writeHead(response, file, form, plan, disposition);
  if (request.method === "HEAD" && plan.status === null) response.setHeader("Content-Length", form.size);
  send.call(response);
}

function sendBuffer(sending: Sending, form: Representation, plan: Plan, content: Buffer): void {
  const { response } = sending;
  if (isTaken(response)) return;
  const { pieces } = startBody(sending, form, plan);
  const parts = pieces.map((piece) =>
    piece instanceof Uint8Array ? piece : content.subarray(piece.start, piece.end + 1),
  );
  const [first] = parts;
  send.call(response, parts.length === 1 && first !== undefined ? first : Buffer.concat(parts));
}

/** Sets the headers of an answer with a body, and returns the body. */
function startBody({ response, file, disposition }: Sending, form: Representation, plan: Plan): Body {
  writeHead(response, file, form, plan, disposition);
  const body = bodyOf(plan.ranges, form.size, String(response.getHeader("Content-Type")));
  for (const [name, value] of Object.entries(body.headers)) response.setHeader(name, value);
  return body;
}
