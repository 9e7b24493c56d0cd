import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { candidatePorts, listenOn, listenOnPort } from "../../../src/cluster/ports/bind.ts";
import { PacketronServerFlags } from "../../../src/config/flags.ts";
import { bindShared, reusePortWorks } from "../../../src/node/reuse-port.ts";

const host = "127.0.0.1";
const backlog = 511;
const sharesPorts = await reusePortWorks(host);

const choices = [
  { port: 3000, tryNext: false, first: 3000, last: 3000, count: 1 },
  { port: 3000, tryNext: true, first: 3000, last: 3099, count: 100 },
  { port: 65_500, tryNext: true, first: 65_500, last: 65_535, count: 36 },
  { port: 65_535, tryNext: true, first: 65_535, last: 65_535, count: 1 },
  { port: 0, tryNext: true, first: 0, last: 0, count: 1 },
];

test.each(choices)(
  "port $port, TRY_NEXT_PORT $tryNext: $count ports up to $last",
  ({ port, tryNext, first, last, count }) => {
    const ports = candidatePorts(port, tryNext);
    expect([ports[0], ports.at(-1), ports.length]).toEqual([first, last, count]);
  },
);

async function listenSomewhere(): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return (await listenOnPort(server, { host, port: 0, backlog, flags: 0 })).port;
}

test("a used port is refused with its number, and the system's error is the cause", async () => {
  const port = await listenSomewhere();
  await expect(listenOnPort(createServer(), { host, port, backlog, flags: 0 })).rejects.toMatchObject({
    code: "PKT_SERVER_PORT_IN_USE",
    message: expect.stringContaining(`Port ${port} on ${host} is in use.`),
    cause: expect.objectContaining({ code: "EADDRINUSE" }),
  });
});

test("TRY_NEXT_PORT takes the next free one with the same server", async () => {
  const port = await listenSomewhere();
  const server = createServer();
  onTestFinished(() => void server.close());
  const address = await listenOnPort(server, {
    host,
    port,
    backlog,
    flags: PacketronServerFlags.TRY_NEXT_PORT,
  });
  expect(address.port).toBeGreaterThan(port);
  expect(server.listenerCount("error")).toBe(0);
});

test("another failure to listen is reported with its reason, and no other port is tried", async () => {
  const place = { host: "192.0.2.1", port: 0, backlog, flags: PacketronServerFlags.TRY_NEXT_PORT };
  await expect(listenOnPort(createServer(), place)).rejects.toMatchObject({
    code: "PKT_SERVER_LISTEN",
    message: expect.stringContaining("EADDRNOTAVAIL"),
  });
});

/** Connects ten clients, and prints how many connections the system has established after a quarter of a second. */
const CLIENTS = `
  const { connect } = require("node:net");
  let count = 0;
  for (let client = 0; client < 10; client += 1) connect(Number(process.argv[1]), "${host}", () => (count += 1));
  setTimeout(() => process.stdout.write(String(count), () => process.exit()), 250);
`;

/** How many of ten clients the system connects while this process is blocked, and so accepts none. */
function countConnected(port: number): number {
  return Number(execFileSync(process.execPath, ["-e", CLIENTS, String(port)], { encoding: "utf8" }));
}

describe.runIf(process.platform === "linux")("no more connections wait than the backlog allows", () => {
  test("on a port", async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const { port } = await listenOnPort(server, { host, port: 0, backlog: 3, flags: 0 });
    expect(countConnected(port)).toBe(4); // Linux lets one more wait
  });

  test.runIf(sharesPorts)("on a socket that is bound already", async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const socket = bindShared({ address: host, port: 0, family: "IPv4" });
    if (socket === undefined) throw new Error("the socket was not bound");
    await listenOn(server, socket, { host, port: 0, backlog: 3 });
    const address = server.address();
    expect(countConnected(typeof address === "object" ? (address?.port ?? 0) : 0)).toBe(4);
  });
});
