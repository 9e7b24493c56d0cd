import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, renameSync, rmSync, truncateSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Capability, Packetron, PacketronResponse } from "@packetron/core";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { parseAnswer, readAll } from "../_raw.ts";
import { ask, makeFolder, openFilesBelow, startSite, write } from "../_site.ts";

const MIB = 2 ** 20;

/** Number of downloads that are aborted; more in the full suite. */
const ABORTS = process.env["PACKETRON_TEST_FULL"] === undefined ? 600 : 5_000;

/** Node's warnings. Node warns when the garbage collector closes a leaked file, which no other check would show. */
const warnings: Error[] = [];
const noteWarning = (warning: Error): void => void warnings.push(warning);

beforeEach(() => {
  warnings.length = 0;
  process.on("warning", noteWarning);
});

afterEach(() => {
  process.off("warning", noteWarning);
  expect(warnings).toEqual([]);
});

/** A download that stops reading after its first bytes, until `finish()`. */
interface Download {
  readonly socket: Socket;
  /** Reads to the end of the connection, and returns the number of bytes in the body. */
  finish(): Promise<number>;
}

async function begin(server: Packetron, target: string, connection = "close"): Promise<Download> {
  const socket = connect({ host: "127.0.0.1", port: server.port });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {}); // a cut answer may end with a reset
  let total = 0;
  let head = "";
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const first = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      total += chunk.length;
      if (!head.includes("\r\n\r\n")) head += chunk.toString("latin1");
      if (total === chunk.length) socket.pause();
      resolve();
    });
  });
  socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`);
  await first;
  return {
    socket,
    async finish() {
      socket.resume();
      await closed;
      return total - head.indexOf("\r\n\r\n") - 4;
    },
  };
}

/** Waits until all files below a folder are closed. */
async function untilClosed(folder: string): Promise<void> {
  await expect.poll(() => openFilesBelow(folder), { timeout: 10_000 }).toEqual([]);
}

function replace(path: string): void {
  write(`${path}.new`, "new");
  renameSync(`${path}.new`, path);
}

describe.runIf(process.platform === "linux")("a file that changes while it is sent", () => {
  const size = 24 * MIB;

  async function startDownload(connection?: string): Promise<{
    path: string;
    directory: string;
    server: Packetron;
    download: Download;
  }> {
    const directory = makeFolder({ big: Buffer.alloc(size, "a") });
    const { server } = await startSite((site) => site.serve({ directory }));
    return {
      path: join(directory, "big"),
      directory,
      server,
      download: await begin(server, "/big", connection),
    };
  }

  test("by truncation: the connection is closed, so that the client sees an incomplete answer", async () => {
    // With keep-alive: if the server only stopped to send, the client would wait for ever.
    const { path, directory, server, download } = await startDownload("keep-alive");
    truncateSync(path, 1000);
    expect(await download.finish()).toBeLessThan(size);
    await untilClosed(directory);
    write(join(directory, "next"), "next");
    expect((await ask(server, "GET /next")).text).toBe("next");
  });

  test("by growing: the content at its opening is sent", async () => {
    const { path, directory, download } = await startDownload();
    appendFileSync(path, Buffer.alloc(MIB, "b"));
    expect(await download.finish()).toBe(size);
    await untilClosed(directory);
  });

  test.each([
    ["replacement", replace],
    ["deletion", (path: string) => rmSync(path)],
  ])("by %s: the whole old file is sent", async (_name, change) => {
    const { path, directory, download } = await startDownload();
    change(path);
    expect(await download.finish()).toBe(size);
    await untilClosed(directory);
  });

  test("by unserve(): the download finishes, and the next request gets a 404", async () => {
    const { directory, server, download } = await startDownload();
    expect(server.unserve({ directory })).toBe(true);
    expect((await ask(server, "GET /big")).status).toBe(404);
    expect(await download.finish()).toBe(size);
    await untilClosed(directory);
  });

  test("by the stop of the server: the download is cut, and the file is closed", async () => {
    const { directory, server, download } = await startDownload();
    await server.stop();
    expect(await download.finish()).toBeLessThan(size);
    await untilClosed(directory);
  });

  test("between its check and its opening: the new file is sent, with its own length and tag", async () => {
    for (const options of [{}, { cacheBytes: 0 }]) {
      const directory = makeFolder({ a: "first" });
      const { server } = await startSite((site) => site.serve({ directory }), {
        options: { ...options, revalidateAfter: 60_000 },
      });
      const { headers } = await ask(server, "HEAD /a");
      write(join(directory, "a"), "the second");
      const answer = await ask(server, "GET /a");
      expect(answer).toMatchObject({ status: 200, text: "the second", headers: { "content-length": "10" } });
      expect(answer.headers["etag"]).not.toBe(headers["etag"]);
      expect((await ask(server, "GET /a", { Range: "bytes=4-" })).text).toBe("second");
      rmSync(join(directory, "a"));
      expect((await ask(server, "GET /a")).status).toBe(404);
    }
  });
});

describe.runIf(process.platform === "linux")("a client", () => {
  test(`that disconnects during a download leaves no open file, ${ABORTS} times`, async () => {
    const directory = makeFolder({ big: Buffer.alloc(4 * MIB, "a"), small: "a".repeat(1000) });
    const { server } = await startSite((site) => {
      site.serve({ directory });
      site.handle({
        routePath: "send",
        handler: (_request, response) => void response.sendFile(join(directory, "big")),
      });
    });
    const targets = ["/big", "/send", "/small", "/big HTTP/1.1\r\nHost: a\r\n\r\nGET /big"];
    const abort = (index: number): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect({ host: "127.0.0.1", port: server.port });
        socket.on("error", () => {});
        socket.once("close", () => resolve());
        socket.write(`GET ${targets[index % targets.length]} HTTP/1.1\r\nHost: a\r\n\r\n`);
        if (index % 5 === 0) socket.once("connect", () => socket.resetAndDestroy());
        else socket.once("data", () => (index % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()));
      });
    for (let started = 0; started < ABORTS; started += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => abort(started + index)));
    await untilClosed(directory);
    expect((await ask(server, "GET /big")).body.length).toBe(4 * MIB);
  }, 120_000);

  test("that reads slowly slows the server down, which keeps only some chunks in memory", async () => {
    const directory = makeFolder({ big: "", small: "s" });
    truncateSync(join(directory, "big"), 100 * MIB); // a sparse file, without bytes on disk
    const responses: PacketronResponse[] = [];
    const watch: Capability = {
      name: "watch",
      install: (host) => void host.gate(0, (_request, response) => void responses.push(response)),
    };
    const { server } = await startSite((site) => site.serve({ directory }), { capabilities: [watch] });
    await ask(server, "GET /small");
    const before = process.memoryUsage().rss;
    const downloads = await Promise.all(Array.from({ length: 5 }, () => begin(server, "/big")));
    const sending = responses.slice(1, 6);
    for (let round = 0; round < 60; round++) {
      // In small portions, so that the server has to wait many times.
      for (const { socket } of downloads) {
        socket.resume();
        await new Promise((resolve) => socket.once("data", resolve));
        socket.pause();
      }
      await ask(server, "GET /small");
      for (const response of sending) expect(response.writableLength).toBeLessThan(0.5 * MIB);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * MIB);
    expect(openFilesBelow(directory).length).toBe(5);
    for (const { socket } of downloads) socket.destroy();
    await untilClosed(directory);
  });

  test("gets pipelined files in order", async () => {
    const directory = makeFolder({ big: Buffer.alloc(2 * MIB, "b"), small: "small" });
    const { server } = await startSite((site) => site.serve({ directory }));
    const requests = ["big", "small", "missing", "big"].map((name) => `GET /${name} HTTP/1.1\r\nHost: a\r\n`);
    const bytes = await readAll(
      server.port,
      Buffer.from(`${requests.join("\r\n")}Connection: close\r\n\r\n`),
    );
    const statuses = [...bytes.toString("latin1").matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(["200", "200", "404", "200"]);
    expect(bytes.length).toBeGreaterThan(4 * MIB);
    await untilClosed(directory);
  });
});

describe("the bytes of a file of many chunks", () => {
  const content = randomBytes(3 * MIB + 17);

  test("arrive unchanged when the client pauses and resumes", async () => {
    const directory = makeFolder({ big: content });
    const { server } = await startSite((site) => site.serve({ directory }));
    const socket = connect({ host: "127.0.0.1", port: server.port });
    onTestFinished(() => void socket.destroy());
    const chunks: Buffer[] = [];
    let wait = 0;
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      wait = (wait + 1) % 4;
      if (wait !== 0) return;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    socket.write("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await once(socket, "close");
    expect(parseAnswer(Buffer.concat(chunks)).body.equals(content)).toBe(true);
  });

  test("arrive in the order of the ranges", async () => {
    const directory = makeFolder({ big: content });
    const { server } = await startSite((site) => site.serve({ directory }));
    const last = await ask(server, "GET /big", { Range: "bytes=17-" });
    expect(last.body.equals(content.subarray(17))).toBe(true);
    const parts = await ask(server, "GET /big", { Range: "bytes=2000000-,0-999999" });
    const first = parts.body.indexOf(content.subarray(2_000_000));
    expect(first).toBeGreaterThan(0);
    expect(parts.body.indexOf(content.subarray(0, 1_000_000))).toBeGreaterThan(
      first + content.length - 2_000_000,
    );
  });

  test("arrive unchanged through a wrapped write() that keeps its chunks", async () => {
    const directory = makeFolder({ big: content });
    const late: Capability = {
      name: "late",
      install(host) {
        host.gate(0, (_request, response) => {
          const { write, end } = response;
          const chunks: unknown[] = [];
          response.write = (chunk: unknown) => chunks.push(chunk) > 0; // ignores the callback, as the wrappers of some middleware do
          response.end = () => {
            for (const chunk of chunks) Reflect.apply(write, response, [chunk]);
            return Reflect.apply(end, response, []);
          };
        });
      },
    };
    const { server } = await startSite((site) => site.serve({ directory }), { capabilities: [late] });
    expect((await ask(server, "GET /big")).body.equals(content)).toBe(true);
  });
});
