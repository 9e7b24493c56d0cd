/** Measures the upload of one large file. */
import { once } from "node:events";
import { connect } from "node:net";
import type { UploadScenario } from "../scenarios/scenario.ts";
import { readCpuTime } from "./cpu-time.ts";
import { readResidentMemory } from "./memory.ts";
import type { Round } from "./metrics.ts";
import type { RunningServer } from "./server.ts";

const CHUNK = 1024 * 1024;

/** Uploads the file once. */
export async function measureUpload(
  { path, bytes, form }: UploadScenario,
  { pid, port }: RunningServer,
): Promise<Round> {
  const before = readCpuTime(pid);
  const begin = performance.now();
  await upload(port, path, bytes, form);
  const time = performance.now() - begin;
  const [after, memory] = [readCpuTime(pid), readResidentMemory(pid)];
  return {
    cpu: before === null || after === null ? null : (after - before) / 1000,
    time,
    memory: memory === null ? null : memory / 1_000_000,
  };
}

async function upload(
  port: number,
  path: string,
  bytes: number,
  form: UploadScenario["form"],
): Promise<void> {
  const length = form.head.length + bytes + form.tail.length;
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  const answer = readAll(socket);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Length: ${length}\r\n` +
      `Content-Type: ${form.type}\r\n\r\n${form.head}`,
  );
  const chunk = randomChunk();
  for (let sent = 0; sent < bytes; sent += CHUNK)
    if (!socket.write(chunk.subarray(0, Math.min(CHUNK, bytes - sent)))) await once(socket, "drain");
  socket.write(form.tail);
  const text = await answer;
  if (!text.startsWith("HTTP/1.1 200 ") || !text.includes(`{"size":${bytes}}`))
    throw new Error(`the upload failed: ${text.slice(0, 500)}`);
}

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Random bytes, with line ends as often as other bytes: the worst practical input for a boundary search. */
function randomChunk(): Buffer {
  return Buffer.from(Uint32Array.from({ length: CHUNK / 4 }, () => Math.random() * 2 ** 32).buffer);
}
