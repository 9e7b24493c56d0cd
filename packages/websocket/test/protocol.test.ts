/** What clients may send, byte by byte: RFC 6455. The cases are those of fuzzing clients that fit into a table. */
import { once } from "node:events";
import { Packetron } from "@packetron/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codePoint } from "../../core/test/_code-point.ts";
import { encodeFrame, encodePayload } from "../src/frame.ts";
import { webSocket } from "../src/index.ts";
import { handshake } from "./_server.ts";

interface FrameParts {
  readonly opcode: number;
  readonly payload?: string | Buffer;
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
  /** The length as the frame says it, when it is another than that of the payload. */
  readonly length?: number;
  /** The size of the length field in bytes: 0, 2 or 8. */
  readonly field?: 0 | 2 | 8;
}

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** A frame as a client sends it. */
function frame({
  opcode,
  payload = "",
  fin = true,
  rsv = 0,
  masked = true,
  length,
  field,
}: FrameParts): Buffer {
  const bytes = Buffer.from(payload as string);
  const size = length ?? bytes.length;
  const width = field ?? (size < 126 ? 0 : size < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + width);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (width === 0 ? size : width === 2 ? 126 : 127);
  if (width === 2) head.writeUInt16BE(size, 2);
  if (width === 8) head.writeBigUInt64BE(BigInt(size), 2);
  if (!masked) return Buffer.concat([head, bytes]);
  const body = Buffer.from(bytes.map((byte, index) => byte ^ (MASK[index % 4] ?? 0)));
  return Buffer.concat([head, MASK, body]);
}

function closeFrame(code: number, reason = ""): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return frame({ opcode: CLOSE, payload });
}

/** The frames of a server: they are not masked. */
function* framesOf(bytes: Buffer): Generator<{ readonly opcode: number; readonly payload: Buffer }> {
  for (let start = 0; start + 2 <= bytes.length; ) {
    const short = (bytes[start + 1] ?? 0) & 0x7f;
    const width = short === 126 ? 2 : short === 127 ? 8 : 0;
    const length =
      width === 0
        ? short
        : width === 2
          ? bytes.readUInt16BE(start + 2)
          : Number(bytes.readBigUInt64BE(start + 2));
    const from = start + 2 + width;
    if (from + length > bytes.length) return;
    yield { opcode: (bytes[start] ?? 0) & 0x0f, payload: bytes.subarray(from, from + length) };
    start = from + length;
  }
}

/** What a server answers to bytes, until it closes the connection: texts, and the code of its close frame. */
type Answers = readonly (string | readonly [kind: "binary" | "close" | "pong", value: unknown])[];

const server = new Packetron({
  ...{ host: "127.0.0.1", port: 0, maxThreads: 1 },
  capabilities: [webSocket()],
});
beforeAll(async () => {
  server.webSocket({
    routePath: "echo",
    maxPayloadLength: 70_000,
    message: (socket, data) => void socket.send(data),
  });
  await server.start();
});
afterAll(() => server.stop());

async function answersTo(frames: readonly Buffer[], isChopped = false): Promise<Answers> {
  const { socket } = await handshake(server, "/echo");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => {});
  const closed = once(socket, "close");
  const bytes = Buffer.concat(frames);
  socket.setNoDelay(true);
  if (isChopped) for (const byte of bytes) socket.write(Buffer.of(byte));
  else socket.write(bytes);
  await closed;
  return [...framesOf(Buffer.concat(chunks))].map(({ opcode, payload }) => {
    if (opcode === TEXT) return payload.toString();
    if (opcode === BINARY) return ["binary", payload.toString("hex")];
    if (opcode === CLOSE) return ["close", payload.length === 0 ? null : payload.readUInt16BE()];
    return ["pong", payload.toString()];
  });
}

const end = closeFrame(1000);
const closes = (code: number | null): Answers => [["close", code]];
const ended = (...before: Answers): Answers => [...before, ["close", 1000]];

const rows: readonly (readonly [title: string, frames: readonly Buffer[], answers: Answers])[] = [
  ["text", [frame({ opcode: TEXT, payload: "Hello" }), end], ended("Hello")],
  ["bytes", [frame({ opcode: BINARY, payload: Buffer.of(1, 2) }), end], ended(["binary", "0102"])],
  ["an empty text", [frame({ opcode: TEXT }), end], ended("")],
  ["text of 125 bytes", [frame({ opcode: TEXT, payload: "x".repeat(125) }), end], ended("x".repeat(125))],
  ["text of 126 bytes", [frame({ opcode: TEXT, payload: "x".repeat(126) }), end], ended("x".repeat(126))],
  [
    "text of 65,536 bytes",
    [frame({ opcode: TEXT, payload: "x".repeat(65_536) }), end],
    ended("x".repeat(65_536)),
  ],
  [
    "a length in more bytes than it needs",
    [frame({ opcode: TEXT, payload: "x", field: 2 }), end],
    ended("x"),
  ],
  ["a length in eight bytes", [frame({ opcode: TEXT, payload: "x", field: 8 }), end], ended("x")],
  [
    "two messages in one packet",
    [frame({ opcode: TEXT, payload: "a" }), frame({ opcode: TEXT, payload: "b" }), end],
    ended("a", "b"),
  ],
  ["a ping", [frame({ opcode: PING, payload: "p" }), end], ended(["pong", "p"])],
  [
    "a ping of 125 bytes",
    [frame({ opcode: PING, payload: "p".repeat(125) }), end],
    ended(["pong", "p".repeat(125)]),
  ],
  ["a pong that was not asked for", [frame({ opcode: PONG, payload: "p" }), end], ended()],
  [
    "fragments",
    [
      frame({ opcode: TEXT, payload: "frag", fin: false }),
      frame({ opcode: CONTINUATION, payload: "men", fin: false }),
      frame({ opcode: CONTINUATION, payload: "ts" }),
      end,
    ],
    ended("fragments"),
  ],
  [
    "fragments without payload",
    [
      frame({ opcode: TEXT, fin: false }),
      frame({ opcode: CONTINUATION, fin: false }),
      frame({ opcode: CONTINUATION }),
      end,
    ],
    ended(""),
  ],
  [
    "a ping between fragments",
    [
      frame({ opcode: TEXT, payload: "a", fin: false }),
      frame({ opcode: PING, payload: "p" }),
      frame({ opcode: CONTINUATION, payload: "b" }),
      end,
    ],
    ended(["pong", "p"], "ab"),
  ],
  [
    "a character in two fragments",
    [
      frame({ opcode: TEXT, payload: Buffer.from("é").subarray(0, 1), fin: false }),
      frame({ opcode: CONTINUATION, payload: Buffer.from("é").subarray(1) }),
      end,
    ],
    ended("é"),
  ],
  ["a continuation of nothing", [frame({ opcode: CONTINUATION, payload: "a" })], closes(1002)],
  [
    "a new message between fragments",
    [frame({ opcode: TEXT, payload: "a", fin: false }), frame({ opcode: TEXT, payload: "b" })],
    closes(1002),
  ],
  ["a frame without a mask", [frame({ opcode: TEXT, payload: "a", masked: false })], closes(1002)],
  ["the bit RSV1 without compression", [frame({ opcode: TEXT, payload: "a", rsv: 4 })], closes(1002)],
  ["the bit RSV2", [frame({ opcode: TEXT, payload: "a", rsv: 2 })], closes(1002)],
  ["the bit RSV3", [frame({ opcode: TEXT, payload: "a", rsv: 1 })], closes(1002)],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode) => [`the opcode ${opcode}`, [frame({ opcode, payload: "a" })], closes(1002)] as const,
  ),
  ["a ping of 126 bytes", [frame({ opcode: PING, payload: "p".repeat(126) })], closes(1002)],
  ["a ping in fragments", [frame({ opcode: PING, payload: "p", fin: false })], closes(1002)],
  ["a close in fragments", [frame({ opcode: CLOSE, fin: false })], closes(1002)],
  ["a length of 2^63", [frame({ opcode: BINARY, length: 2 ** 62, field: 8 })], closes(1009)],
  ["a message beyond the limit", [frame({ opcode: BINARY, length: 70_001 })], closes(1009)],
  [
    "fragments beyond the limit",
    [
      frame({ opcode: BINARY, payload: Buffer.alloc(40_000), fin: false }),
      frame({ opcode: CONTINUATION, payload: Buffer.alloc(40_000) }),
    ],
    closes(1009),
  ],
  ["an overlong encoding", [frame({ opcode: TEXT, payload: Buffer.of(0xc0, 0xaf) })], closes(1007)],
  ["a lone surrogate", [frame({ opcode: TEXT, payload: Buffer.of(0xed, 0xa0, 0x80) })], closes(1007)],
  [
    "a character beyond U+10FFFF",
    [frame({ opcode: TEXT, payload: Buffer.of(0xf4, 0x90, 0x80, 0x80) })],
    closes(1007),
  ],
  ["a character that is cut", [frame({ opcode: TEXT, payload: Buffer.of(0xe2, 0x82) })], closes(1007)],
  ["a byte that begins no character", [frame({ opcode: TEXT, payload: Buffer.of(0xff) })], closes(1007)],
  ["a close without a code", [frame({ opcode: CLOSE })], closes(null)],
  ["a close with half a code", [frame({ opcode: CLOSE, payload: Buffer.of(3) })], closes(1002)],
  [
    "a close with a reason that is not UTF-8",
    [frame({ opcode: CLOSE, payload: Buffer.of(3, 232, 0xff) })],
    closes(1007),
  ],
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code) => [`a close with ${code}`, [closeFrame(code, "bye")], closes(code)] as const,
  ),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map(
    (code) => [`a close with ${code}`, [closeFrame(code)], closes(1002)] as const,
  ),
  ["a message after a close", [end, frame({ opcode: TEXT, payload: "late" })], ended()],
];

describe.each([
  ["in one packet", false],
  ["byte by byte", true],
] as const)("%s, the server answers", (_title, isChopped) => {
  const short = rows.filter(([, frames]) => !isChopped || Buffer.concat(frames).length < 1_000);
  test.each(short)("%s", async (_name, frames, answers) => {
    expect(await answersTo(frames, isChopped)).toEqual(answers);
  });
});

test("random bytes end in a close, and never in an error of the server", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (bytes) => {
      const answers = await answersTo([Buffer.from(bytes), Buffer.alloc(70_100)]);
      expect(answers.length).toBeGreaterThan(0);
    }),
    { numRuns: 40 },
  );
});

describe("frames of the server", () => {
  test("have the message, text or bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: codePoint, maxLength: 300 }), fc.uint8Array({ maxLength: 300 })),
        (data) => {
          const [only] = [...framesOf(encodeFrame(data))];
          const isText = typeof data === "string";
          expect(only?.opcode).toBe(isText ? TEXT : BINARY);
          expect(only?.payload).toEqual(Buffer.from(data as string));
          expect(encodePayload(Buffer.from(data as string), !isText)).toEqual(encodeFrame(data));
        },
      ),
    );
  });

  test.each([0, 125, 126, 65_535, 65_536])("have a payload of %i bytes", (length) => {
    const [only] = [...framesOf(encodeFrame(Buffer.alloc(length, 7)))];
    expect(only?.payload.length).toBe(length);
  });
});
