import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { TrustProxy } from "../../src/config/options.ts";
import { createIpReader } from "../../src/message/ip.ts";
import { PacketronRequest } from "../../src/message/request.ts";

interface Ends {
  readonly remoteAddress: string | undefined;
  readonly localAddress: string | undefined;
}

/** A request whose connection has the given ends; a Unix socket has neither. */
function _request({ remoteAddress, localAddress }: Ends, forwarded?: string): PacketronRequest {
  const socket = new Socket();
  Object.defineProperties(socket, {
    remoteAddress: { value: remoteAddress },
    localAddress: { value: localAddress },
  });
  const request = new PacketronRequest(socket);
  if (forwarded !== undefined) request.headers["x-forwarded-for"] = forwarded;
  return request;
}

function _from(peer: string): Ends {
  return { remoteAddress: peer, localAddress: "127.0.0.1" };
}

const UNIX: Ends = { remoteAddress: undefined, localAddress: undefined };

function _reader(trustProxy: TrustProxy): { read: ReturnType<typeof createIpReader>; warnings: object[] } {
  const warnings: object[] = [];
  const ignore = (): void => {};
  const log = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (fields: object) => void warnings.push(fields),
  };
  return { read: createIpReader(trustProxy, log), warnings };
}

test.each<[TrustProxy, string, string | undefined, string]>([
  // Without X-Forwarded-For, the result is the peer's address.
  ["loopback", "203.0.113.5", undefined, "203.0.113.5"],
  ["loopback", "::ffff:203.0.113.5", undefined, "203.0.113.5"],
  ["loopback", "2001:db8::1", undefined, "2001:db8::1"],
  // Which peers are trusted.
  ["loopback", "127.0.0.1", "203.0.113.5", "203.0.113.5"],
  ["loopback", "127.9.9.9", "203.0.113.5", "203.0.113.5"],
  ["loopback", "::1", "203.0.113.5", "203.0.113.5"],
  ["loopback", "::ffff:127.0.0.1", "203.0.113.5", "203.0.113.5"],
  ["loopback", "10.0.0.1", "203.0.113.5", "10.0.0.1"],
  ["loopback", "203.0.113.9", "127.0.0.1", "203.0.113.9"],
  ["private", "10.0.0.1", "203.0.113.5", "203.0.113.5"],
  ["private", "172.31.255.255", "203.0.113.5", "203.0.113.5"],
  ["private", "172.32.0.0", "203.0.113.5", "172.32.0.0"],
  ["private", "192.168.1.1", "203.0.113.5", "203.0.113.5"],
  ["private", "127.0.0.1", "203.0.113.5", "203.0.113.5"],
  ["private", "fd00::1", "203.0.113.5", "203.0.113.5"],
  ["private", "fe80::1%eth0", "203.0.113.5", "203.0.113.5"],
  ["private", "100.64.0.1", "203.0.113.5", "100.64.0.1"],
  [["10.0.0.0/8"], "10.1.2.3", "203.0.113.5", "203.0.113.5"],
  [["10.0.0.0/8"], "127.0.0.1", "203.0.113.5", "127.0.0.1"],
  [["10.0.0.7"], "10.0.0.7", "203.0.113.5", "203.0.113.5"],
  [["10.0.0.7"], "10.0.0.8", "203.0.113.5", "10.0.0.8"],
  [["2001:db8::/32"], "2001:db8:ffff::1", "203.0.113.5", "203.0.113.5"],
  [["::ffff:10.0.0.0/104"], "10.1.2.3", "203.0.113.5", "203.0.113.5"],
  [["loopback", "10.0.0.0/8"], "127.0.0.1", "203.0.113.5, 10.0.0.1", "203.0.113.5"],
  [["0.0.0.0/0"], "198.51.100.1", "203.0.113.5", "203.0.113.5"],
  [[], "127.0.0.1", "203.0.113.5", "127.0.0.1"],
  [false, "127.0.0.1", "203.0.113.5", "127.0.0.1"],
  [true, "198.51.100.1", "203.0.113.5, 10.0.0.1", "203.0.113.5"],
  // The walk from the right.
  ["loopback", "127.0.0.1", "6.6.6.6, 203.0.113.5", "203.0.113.5"],
  ["private", "10.0.0.1", "6.6.6.6, 203.0.113.5, 10.0.0.2, 192.168.0.3", "203.0.113.5"],
  ["private", "10.0.0.1", "10.0.0.4, 10.0.0.2", "10.0.0.4"],
  ["loopback", "127.0.0.1", "203.0.113.5, ::1", "203.0.113.5"],
  // Other spellings of an address.
  ["loopback", "127.0.0.1", "203.0.113.5:4711", "203.0.113.5"],
  ["loopback", "127.0.0.1", "[2001:DB8::1]:4711", "2001:db8::1"],
  ["loopback", "127.0.0.1", "[2001:db8::1]", "2001:db8::1"],
  ["loopback", "127.0.0.1", "2001:0db8:0:0:0:0:0:0001", "2001:db8::1"],
  ["loopback", "127.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"],
  ["loopback", "127.0.0.1", "[::FFFF:cb00:7105]:80", "203.0.113.5"],
  ["loopback", "127.0.0.1", "\t203.0.113.5 ", "203.0.113.5"],
  ["loopback", "127.0.0.1", ", 203.0.113.5, ,", "203.0.113.5"],
  ["loopback", "127.0.0.1", "203.0.113.5, ::ffff:127.0.0.1", "203.0.113.5"],
  // An entry that is not an address ends the walk.
  ["loopback", "127.0.0.1", "unknown", "127.0.0.1"],
  ["loopback", "127.0.0.1", "203.0.113.5, unknown", "127.0.0.1"],
  ["private", "10.0.0.1", "203.0.113.5, _hidden, 10.0.0.2", "10.0.0.2"],
  ["loopback", "127.0.0.1", "", "127.0.0.1"],
  ["loopback", "127.0.0.1", ",,,", "127.0.0.1"],
  ["loopback", "127.0.0.1", "203.0.113.5:http", "127.0.0.1"],
  ["loopback", "127.0.0.1", "[203.0.113.5]", "127.0.0.1"],
  ["loopback", "127.0.0.1", "203.0.113.05", "127.0.0.1"],
  ["loopback", "127.0.0.1", "203.0.113", "127.0.0.1"],
  ["loopback", "127.0.0.1", "<script>alert(1)</script>", "127.0.0.1"],
  ["loopback", "127.0.0.1", "fe80::1%<b>", "127.0.0.1"],
  ["loopback", "127.0.0.1", "fe80::1%eth0", "fe80::1"],
  [true, "198.51.100.1", "unknown, 203.0.113.5", "203.0.113.5"],
  [true, "198.51.100.1", "unknown", "198.51.100.1"],
])("trusting %j, a request from %s forwarded for %j is from %s", (trustProxy, peer, forwarded, client) => {
  expect(_reader(trustProxy).read(_request(_from(peer), forwarded))).toBe(client);
});

test.each<[TrustProxy, string | undefined, string]>([
  ["loopback", "203.0.113.5", "203.0.113.5"],
  ["private", "203.0.113.5", "203.0.113.5"],
  [["loopback"], "203.0.113.5", "203.0.113.5"],
  [["10.0.0.0/8"], "203.0.113.5", ""],
  [true, "203.0.113.5", "203.0.113.5"],
  [false, "203.0.113.5", ""],
  ["loopback", "unknown", ""],
  ["loopback", undefined, ""],
])("trusting %j, a Unix-socket peer that forwards for %j is %j", (trustProxy, forwarded, client) => {
  expect(_reader(trustProxy).read(_request(UNIX, forwarded))).toBe(client);
});

test("a TCP peer with an unknown address does not count as local", () => {
  const reset = { remoteAddress: undefined, localAddress: "127.0.0.1" };
  expect(_reader("loopback").read(_request(reset, "127.0.0.1"))).toBe("");
  const closed = _request(UNIX, "127.0.0.1");
  closed.socket.destroy();
  expect(_reader("loopback").read(closed)).toBe("");
});

test.each([
  "10.0.0.0/33",
  "::/129",
  "10.0.0/8",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "example.com",
  "",
  "[::1]",
  "1.2.3.4:80",
  "::ffff:1.2.3.4/95",
  "10.0.0.0/-1",
])("the entry %j of a list is refused", (entry) => {
  expect(() => _reader([entry])).toThrow(
    expect.objectContaining({
      code: "PKT_OPTION_INVALID",
      message: expect.stringContaining(JSON.stringify(entry)),
    }),
  );
});

test("private peers that are not trusted cause one warning in total", () => {
  const { read, warnings } = _reader("loopback");
  for (const peer of ["203.0.113.1", "10.0.0.1", "192.168.0.1", "10.0.0.1"])
    read(_request(_from(peer), "203.0.113.5"));
  read(_request(_from("10.0.0.1")));
  expect(warnings).toEqual([expect.objectContaining({ peer: "10.0.0.1", trustProxy: "loopback" })]);
});

test.each([
  ["addresses", "203.0.113.5, "],
  ["believed addresses", "127.0.0.1,"],
  ["commas", ","],
  ["blanks", " "],
  ["brackets", "["],
  ["colons", ":"],
  ["IPv6 with ports", "[::1]:80,"],
])("a header of 100 kilobytes of %s takes linear time", (_name, piece) => {
  const header = piece.repeat(100_000 / piece.length);
  const start = performance.now();
  for (const trustProxy of ["loopback", true] as const)
    _reader(trustProxy).read(_request(_from("127.0.0.1"), header));
  expect(performance.now() - start).toBeLessThan(5000);
});

test("for any header, the result is an address in it or the peer's address", () => {
  const entry = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
    fc.constantFrom("127.0.0.1", "::1", "unknown", "[::1]:1", "1.2.3.4:5"),
  );
  const trust = fc.constantFrom<TrustProxy>("loopback", "private", true, false, ["10.0.0.0/8"]);
  fc.assert(
    fc.property(trust, fc.array(entry), fc.constantFrom(",", ", "), (trustProxy, entries, separator) => {
      const client = _reader(trustProxy).read(_request(_from("127.0.0.1"), entries.join(separator)));
      expect(client).toMatch(/^[\da-f.:]+$/);
    }),
  );
});

test("an address from an untrusted peer is never used", () => {
  fc.assert(
    fc.property(fc.array(fc.ipV4(), { minLength: 1 }), (entries) => {
      expect(_reader("private").read(_request(_from("203.0.113.77"), entries.join(", ")))).toBe(
        "203.0.113.77",
      );
    }),
  );
});

test.skipIf(process.platform === "win32")(
  "over real sockets: Unix-socket and loopback peers are trusted by default",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "packetron-ip-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const { read } = _reader("loopback");
    for (const address of [{ path: join(directory, "socket") }, { port: 0, host: "127.0.0.1" }]) {
      const server = createServer(
        { IncomingMessage: PacketronRequest },
        (request, response) => void response.end(read(request)),
      );
      onTestFinished(() => void server.close());
      server.listen(address);
      await once(server, "listening");
      const target = "path" in address ? { socketPath: address.path } : { port: _port(server.address()) };
      const call = httpRequest({
        ...target,
        host: "127.0.0.1",
        headers: { "X-Forwarded-For": "6.6.6.6, 203.0.113.5" },
      }).end();
      const [response] = await once(call, "response");
      const chunks: Buffer[] = await response.toArray();
      expect(Buffer.concat(chunks).toString()).toBe("203.0.113.5");
    }
  },
);

function _port(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
