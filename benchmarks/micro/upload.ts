/**
 * The CPU cost of an upload, compared with the minimum in Node: `request.pipe(createWriteStream())`.
 *
 *     node benchmarks/micro/upload.ts [megabytes = 1024] [rounds = 5]
 *
 * Each contestant is a separate process, which reports its CPU time before and after each upload. The client is a third
 * process. Rounds are interleaved, and the result is the median of the ratios of each round.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { arch, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Packetron, PacketronHandlerFlags, PacketronRequestMethod } from "@packetron/core";
import { multipart, type UploadedFile } from "@packetron/multipart";

const MEGABYTE = 1024 * 1024;

/** A boundary like that of browsers. */
const BOUNDARY = "----WebKitFormBoundaryAbCdEfGhIjKlMnOp";

/** The report of a contestant to the client. */
interface Report {
  readonly port: number;
  /** The user and system time so far, in microseconds. */
  readonly cpu: number;
  /** The resident memory, in bytes. */
  readonly rss: number;
}

/** The cost of an upload: the CPU time in microseconds, and the memory in bytes right after it. */
interface Cost {
  readonly cpu: number;
  readonly rss: number;
}

if (process.argv[2] === "serve") await serve(String(process.argv[3]), String(process.argv[4]));
else await compare(Number(process.argv[2] ?? 1024), Number(process.argv[3] ?? 5));

async function compare(megabytes: number, rounds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "packetron-upload-"));
  const pipe = await start("pipe", directory);
  const form = await start("multipart", directory);
  for (const contestant of [pipe, form]) await upload(contestant, 64); // warm-up
  const results: { readonly pipe: Cost; readonly form: Cost }[] = [];
  for (let round = 0; round < rounds; round++)
    results.push({ pipe: await upload(pipe, megabytes), form: await upload(form, megabytes) });
  for (const contestant of [pipe, form]) contestant.kill();
  rmSync(directory, { recursive: true });
  print(`${megabytes} MB, ${rounds} rounds, Node ${process.versions.node}, ${arch()}, ${cpus()[0]?.model}`);
  printRow("", ["median", "lowest", "highest"]);
  const rows: Readonly<Record<string, (result: { pipe: Cost; form: Cost }) => number>> = {
    "request.pipe(createWriteStream()), s": ({ pipe }) => pipe.cpu / 1e6,
    "MULTIPART_FORM_DATA, s": ({ form }) => form.cpu / 1e6,
    ratio: ({ pipe, form }) => form.cpu / pipe.cpu,
    "RSS with pipe(), MB": ({ pipe }) => pipe.rss / MEGABYTE,
    "RSS with MULTIPART_FORM_DATA, MB": ({ form }) => form.rss / MEGABYTE,
  };
  for (const [name, read] of Object.entries(rows)) {
    const values = results.map(read).toSorted((one, other) => one - other);
    const shown = [values[values.length >> 1], values[0], values.at(-1)];
    printRow(
      name,
      shown.map((value) => String(value?.toFixed(2))),
    );
  }
}

async function start(name: string, directory: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(import.meta.url), ["serve", name, directory], { stdio: "inherit" });
  await once(child, "message");
  return child;
}

async function report(contestant: ChildProcess): Promise<Report> {
  const answer = once(contestant, "message");
  contestant.send("report");
  const [message]: Report[] = await answer;
  if (message === undefined) throw new Error("the contestant sent no report");
  return message;
}

/** Uploads one file, and returns the CPU time and the memory of the server. */
async function upload(contestant: ChildProcess, megabytes: number): Promise<Cost> {
  const before = await report(contestant);
  const socket = connect(before.port, "127.0.0.1");
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const tail = `\r\n--${BOUNDARY}--\r\n`;
  const length = head.length + megabytes * MEGABYTE + tail.length;
  socket.write(
    `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${length}\r\n` +
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n${head}`,
  );
  const chunk = randomChunk();
  for (let sent = 0; sent < megabytes; sent++) if (!socket.write(chunk)) await once(socket, "drain");
  socket.write(tail);
  let answer = "";
  for await (const text of socket.setEncoding("latin1")) answer += text;
  if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(`the upload failed: ${answer}`);
  const after = await report(contestant);
  return { cpu: after.cpu - before.cpu, rss: after.rss };
}

/** Random bytes, with line ends as often as other bytes: the worst practical input for a boundary search. */
function randomChunk(): Buffer {
  return Buffer.from(Uint32Array.from({ length: MEGABYTE / 4 }, () => Math.random() * 2 ** 32).buffer);
}

async function serve(name: string, directory: string): Promise<void> {
  const port = name === "pipe" ? await servePipe(directory) : await serveMultipart(directory);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ port, cpu: user + system, rss: process.memoryUsage.rss() } satisfies Report);
  });
  process.send?.("ready");
}

async function servePipe(directory: string): Promise<number> {
  const path = join(directory, "pipe");
  const server = createServer((request, response) => {
    const file = request.pipe(createWriteStream(path, { mode: 0o600 }));
    file.on("finish", () => {
      response.end(String(statSync(path).size));
      rmSync(path);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function serveMultipart(directory: string): Promise<number> {
  const server = new Packetron({ host: "127.0.0.1", port: 0, maxThreads: 1, capabilities: [multipart()] });
  server.handle({
    method: PacketronRequestMethod.POST,
    routePath: "/",
    flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
    multipartOptions: { maxFileSize: Infinity, fileStorageDirectory: directory },
    async handler(request, response) {
      const { file } = await request.getFiles<{ file: UploadedFile }>();
      response.sendTextPlain(String(file.size));
      if (file.path !== null) rmSync(file.path);
    },
  });
  await server.start();
  return server.port;
}

function printRow(name: string, cells: readonly string[]): void {
  print(`${name.padEnd(38)}${cells.map((cell) => cell.padStart(9)).join("")}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
