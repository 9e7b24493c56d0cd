import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { readLine } from "../../src/control/read-line.ts";

const limits = { bytes: 10, time: 5_000 };

/** Both ends of a connection. */
async function makePair(): Promise<readonly [near: Socket, far: Socket]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const near = connect(address.port, "127.0.0.1");
  const [far] = await once(server, "connection");
  onTestFinished(() => {
    for (const socket of [near, far]) socket.destroy();
    server.close();
  });
  return [near, far];
}

test("a line ends at the first line feed, for any division into pieces", async () => {
  const [near, far] = await makePair();
  const line = readLine(near, limits);
  far.write(Buffer.from("grü").subarray(0, 3)); // in the middle of a character
  await once(near, "data");
  far.write(Buffer.concat([Buffer.from("grü").subarray(3), Buffer.from("n\nrest")]));
  await expect(line).resolves.toBe("grün");
});

test("a line of exactly the limit passes, one byte more does not", async () => {
  const [near, far] = await makePair();
  far.write("0123456789\n");
  await expect(readLine(near, limits)).resolves.toBe("0123456789");
  const [other, end] = await makePair();
  end.write("0123456789a\n");
  await expect(readLine(other, limits)).rejects.toThrow("a line of more than 10 bytes");
});

test("an endless line is refused as soon as it exceeds the limit", async () => {
  const [near, far] = await makePair();
  far.write("x".repeat(100));
  await expect(readLine(near, limits)).rejects.toThrow("a line of more than 10 bytes");
});

test("a line that does not arrive in time is refused", async () => {
  const [near] = await makePair();
  await expect(readLine(near, { bytes: 10, time: 20 })).rejects.toThrow(
    "no complete line arrived within 20 ms",
  );
});

test("a connection that ends before the line is refused", async () => {
  const [near, far] = await makePair();
  far.end("half");
  await expect(readLine(near, limits)).rejects.toThrow("ended before a complete line arrived");
});
