/**
 * Disks that are full, missing or not writable: the client gets one answer, no file stays, and the next upload works.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  PacketronHandlerFlags,
  type PacketronRequest,
  PacketronServerFlags,
  type RouteOptions,
} from "@packetron/core";
import { describe, expect, test } from "vitest";
import { problem } from "../../core/test/_problem.ts";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { encodeForm, FORM_TYPE, file } from "./_forms.ts";
import { type FormServer, makeDirectory, postPart, startForms, until, within } from "./_server.ts";

const { MULTIPART_FORM_DATA } = PacketronHandlerFlags;

const large = encodeForm([file(50_000, "a"), { name: "b", body: "1" }, file(400_000, "c"), file(10, "d")]);

/** A failure of the operating system. */
function failure(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

interface Fault {
  readonly name: string;
  readonly status: number;
  readonly code: string;
  /** Makes file system calls that fail while `isBroken()`. */
  readonly make: (isBroken: () => boolean) => Partial<FileSystem>;
}

const full = "PKT_MULTIPART_STORAGE_FULL";
const other = "PKT_MULTIPART_STORAGE";

function breaking(call: "open" | "close" | "link" | "mkdir", code: string): Fault["make"] {
  return (isBroken) => ({
    [call]: (...args: never[]) =>
      isBroken() ? Promise.reject(failure(code)) : Reflect.apply(nodeFileSystem[call], undefined, args),
  });
}

const faults: readonly Fault[] = [
  { name: "no space for a new file", status: 507, code: full, make: breaking("open", "ENOSPC") },
  {
    name: "a directory that may not be written to",
    status: 500,
    code: other,
    make: breaking("open", "EACCES"),
  },
  { name: "no descriptors left", status: 503, code: other, make: breaking("open", "EMFILE") },
  { name: "a read-only disk", status: 500, code: other, make: breaking("mkdir", "EROFS") },
  {
    name: "a quota that is exceeded when the file is closed",
    status: 507,
    code: full,
    // close(2): the descriptor is released although the call fails.
    make: (isBroken) => ({
      close: async (fd) => {
        await nodeFileSystem.close(fd);
        if (isBroken()) throw failure("EDQUOT");
      },
    }),
  },
  { name: "a hard link that fails", status: 500, code: other, make: breaking("link", "EIO") },
  ...(
    [
      ["a disk that fills up during an upload", 507, full, "ENOSPC"],
      ["a disk that fails during an upload", 500, other, "EIO"],
    ] as const
  ).map(([name, status, code, errno]) => ({
    name,
    status,
    code,
    make: (isBroken: () => boolean): Partial<FileSystem> => {
      let written = 0;
      return {
        append(fd, chunks, done) {
          if (isBroken() && written > 100_000) return void setImmediate(done, failure(errno), 0);
          nodeFileSystem.append(fd, chunks, (error, bytes) => {
            written += bytes;
            done(error, bytes);
          });
        },
      };
    },
  })),
  {
    name: "a disk that writes 0 bytes without an error",
    status: 500,
    code: other,
    make: (isBroken) => ({
      append: (fd, chunks, done) =>
        isBroken() ? setImmediate(done, null, 0) : nodeFileSystem.append(fd, chunks, done),
    }),
  },
];

/** Starts a server on a file system with a fault, which `mend()` ends. */
async function startBroken(
  { make }: Fault,
  route: Partial<RouteOptions> = {},
): Promise<{ forms: FormServer; mend: () => void }> {
  let broken = true;
  const fileSystem = make(() => broken);
  const forms = await startForms({ flags: MULTIPART_FORM_DATA, ...route }, { fileSystem });
  return {
    forms,
    mend: () => {
      broken = false;
    },
  };
}

describe.each(faults)("$name", (fault) => {
  const { status, code } = fault;

  test("rejects getBody() and leaves no file, and the next upload works once it is mended", async () => {
    const { forms, mend } = await startBroken(fault);
    for (const step of [large.length, 30_000]) {
      const { report } = await forms.post(large, { step });
      expect(report).toMatchObject({ body: null, files: {}, rejected: code, error: code });
    }
    await forms.settled();
    mend();
    expect((await forms.post(large)).report.error).toBeNull();
    await forms.settled(3);
  });

  test(`is answered with ${status} and logged when the handler does not catch it`, async () => {
    const { forms } = await startBroken(fault, {
      async handler(request, response) {
        response.sendJson(await request.getBody());
      },
    });
    const answer = await forms.post(large);
    expect([answer.status, answer.text]).toEqual([status, problem(status)]); // nothing internal reaches a client
    await forms.settled();
    expect(forms.errors).toMatchObject([{ err: { code, cause: expect.any(Error) } }]);
  });
});

test("a disk that takes only a part of each write still stores the whole file", async () => {
  const forms = await startForms(
    { flags: MULTIPART_FORM_DATA },
    {
      fileSystem: {
        append(fd, [first = Buffer.alloc(0)], done) {
          nodeFileSystem.append(fd, [first.subarray(0, Math.ceil(first.length / 3))], done);
        },
      },
    },
  );
  const body = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251));
  const { report } = await forms.post(encodeForm([{ name: "f", filename: "f", body }]), { step: 7_001 });
  expect(readFileSync(Object(report.files["f"]).path).equals(body)).toBe(true);
});

test("on a file system without hard links, complete files are renamed", async () => {
  const forms = await startForms(
    { flags: MULTIPART_FORM_DATA },
    { fileSystem: { link: () => Promise.reject(failure("EPERM")) } },
  );
  expect((await forms.post(large)).report.error).toBeNull();
  await forms.settled(3);
});

test("a file whose name is taken gets another name, and nothing is overwritten", async () => {
  let taken = 0;
  const forms = await startForms(
    { flags: MULTIPART_FORM_DATA },
    {
      fileSystem: {
        link: (from, to) => (taken++ < 2 ? Promise.reject(failure("EEXIST")) : nodeFileSystem.link(from, to)),
        open: (path, flags, mode) =>
          taken++ < 1 ? Promise.reject(failure("EEXIST")) : nodeFileSystem.open(path, flags, mode),
      },
    },
  );
  expect((await forms.post(encodeForm([file(3)]))).report.files).toMatchObject({ file: { size: 3 } });
  await forms.settled(1);
});

test("a directory that a cleaner has removed is created again", async () => {
  const forms = await startForms({ flags: MULTIPART_FORM_DATA });
  await forms.post(large);
  rmSync(forms.directory, { recursive: true });
  expect((await forms.post(large)).report.error).toBeNull();
  await forms.settled(3);
});

test("a file in the place of the directory is an error, not a file written elsewhere", async () => {
  const directory = join(makeDirectory(), "file");
  writeFileSync(directory, "");
  const forms = await startForms({
    flags: MULTIPART_FORM_DATA,
    multipartOptions: { fileStorageDirectory: directory },
  });
  expect((await forms.post(large)).report.rejected).toBe("PKT_MULTIPART_STORAGE");
});

/** A route whose handler reads the form and then fails, so that the stored files are removed. */
const failsAfterUpload = {
  flags: MULTIPART_FORM_DATA,
  async handler(request: PacketronRequest): Promise<never> {
    await request.getBody();
    throw new Error("after the upload");
  },
};

test("files that cannot be removed are logged, and the client still gets its answer", async () => {
  const forms = await startForms(failsAfterUpload, {
    fileSystem: {
      unlink: (path) =>
        path.includes("partial") ? nodeFileSystem.unlink(path) : Promise.reject(failure("EACCES")),
    },
  });
  expect((await forms.post(encodeForm([file(3)]))).status).toBe(500);
  expect(forms.files()).toHaveLength(1);
  expect(forms.warnings).toMatchObject(
    [{ err: { code: "PKT_MULTIPART_STORAGE" } }, {}].slice(0, forms.warnings.length),
  );
  expect(forms.warnings.length).toBeGreaterThan(0);
});

test("files of many uploads that cannot be removed are at most two lines", async () => {
  let refused = 0;
  const forms = await startForms(failsAfterUpload, {
    fileSystem: {
      unlink(path) {
        if (path.includes("partial")) return nodeFileSystem.unlink(path);
        refused++;
        return Promise.reject(failure("EACCES"));
      },
    },
  });
  await Promise.all(Array.from({ length: 20 }, () => forms.post(encodeForm([file(3)]))));
  await until(
    () => refused >= 20 && forms.warnings.length > 0,
    () => `${refused} removals refused`,
  );
  expect(forms.warnings.length).toBeLessThanOrEqual(2);
});

test("a stuck disk does not prevent a server from stopping, and the log says that files may be left", async () => {
  let isStuck = true;
  const forms = await startForms(
    { flags: MULTIPART_FORM_DATA },
    {
      drainTimeout: 50,
      fileSystem: {
        unlink: (path) => (isStuck ? new Promise(() => {}) : nodeFileSystem.unlink(path)),
      },
    },
  );
  await postPart(forms.port, encodeForm([file(3_000_000)]), 1_000_000);
  await until(() => forms.files().length === 1);
  await within(forms.server.stop(), "the server did not stop");
  expect(forms.messages).toContain(
    "the server stopped before all uploaded files were removed: a later process removes those left in partial/",
  );
  isStuck = false;
});

test("a slow disk slows the client down: what waits in memory is bounded", async () => {
  let release = (): void => {};
  let begun = 0;
  const forms = await startForms(
    { flags: MULTIPART_FORM_DATA },
    {
      fileSystem: {
        append(fd, chunks, done) {
          if (begun++ > 0) return nodeFileSystem.append(fd, chunks, done);
          release = () => nodeFileSystem.append(fd, chunks, done);
        },
      },
    },
  );
  const body = encodeForm([file(30_000_000)]);
  const socket = connect(forms.port, "127.0.0.1");
  const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=frontier\r\nContent-Length: ${body.length}\r\n\r\n`;
  socket.write(head);
  socket.write(body);
  let before = -1;
  // Until no more bytes are sent: the socket buffers of the kernel and the buffers of the server are full.
  while (before !== socket.bytesWritten - socket.writableLength) {
    before = socket.bytesWritten - socket.writableLength;
    await sleep(200);
  }
  expect(begun).toBe(1);
  expect(socket.writableLength).toBeGreaterThan(10_000_000);
  release();
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk;
  expect(text).toContain('"size":30000000');
});

describe.each(["direct", "standard"] as const)(
  "a client that breaks off its form, dispatched %s",
  (dispatch) => {
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const part = large.subarray(0, 30_000);
    const chunk = Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);

    test.each(["a bad chunk", "a reset", "a half-close"] as const)(
      "by %s stops nothing under STOP_ON_ERROR, and getBody() rejects",
      async (by) => {
        const rejections: unknown[] = [];
        const forms = await startForms(
          {
            flags: MULTIPART_FORM_DATA,
            handler: async (request, response) => {
              try {
                response.sendJson(await request.getBody());
              } catch (error) {
                rejections.push(error);
                throw error;
              }
            },
          },
          { dispatch, flags: PacketronServerFlags.STOP_ON_ERROR, lingerTimeout: 100 },
        );
        const emitted: unknown[] = [];
        forms.server.on("error", (error) => emitted.push(error));
        for (let turn = 1; turn <= 3; turn++) {
          const socket = connect(forms.port, "127.0.0.1");
          socket.on("error", () => {}).resume();
          socket.write(head);
          socket.write(chunk);
          await until(() => forms.files().length > 0);
          if (by === "a bad chunk") socket.write("no size\r\n");
          else if (by === "a reset") socket.resetAndDestroy();
          else socket.end();
          await until(() => rejections.length === turn);
          await forms.settled();
          socket.destroy();
        }
        for (const { code, status } of rejections.map(Object)) {
          expect(code).toMatch(/^PKT_(BODY_ABORTED|MULTIPART_ABANDONED)$/);
          expect(status).toBe(400);
        }
        expect(emitted).toEqual([]);
        expect(forms.errors).toEqual([]);
        expect(forms.server.address()).not.toBeNull();
      },
    );
  },
);
